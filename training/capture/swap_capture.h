/*
 * The part of step_clock.c that sees frames: glXSwapBuffers, however the game found it (linked, through dlsym as SDL does, or through
 * glXGetProcAddress).
 */
typedef void *(*procedure_of)(const unsigned char *);

enum {
  GL_PACK_ALIGNMENT = 0x0D05, GL_PACK_ROW_LENGTH = 0x0D02, GL_READ_BUFFER = 0x0C02, GL_BACK = 0x0405, GL_RGB = 0x1907,
  GL_UNSIGNED_BYTE = 0x1401, GL_READ_FRAMEBUFFER = 0x8CA8, GL_READ_FRAMEBUFFER_BINDING = 0x8CAA, GL_PIXEL_PACK_BUFFER = 0x88EB,
  GL_PIXEL_PACK_BUFFER_BINDING = 0x88ED, GLX_WIDTH = 0x801D, GLX_HEIGHT = 0x801E
};

static void *gl(const char *name) {
  static void *library;
  open_clock();
  if (!library) library = dlopen("libGL.so.1", RTLD_LAZY);
  void *found = real_dlsym(library, name);
  if (found) return found;
  procedure_of lookup = (procedure_of)real_dlsym(library, "glXGetProcAddress");
  return lookup((const unsigned char *)name);
}

static void write_frame(int width, int height, const char *path) {
  void (*get)(unsigned, int *) = gl("glGetIntegerv");
  void (*store)(unsigned, int) = gl("glPixelStorei");
  void (*read_buffer)(unsigned) = gl("glReadBuffer");
  void (*read)(int, int, int, int, unsigned, unsigned, void *) = gl("glReadPixels");
  void (*bind_framebuffer)(unsigned, unsigned) = gl("glBindFramebuffer");
  void (*bind_buffer)(unsigned, unsigned) = gl("glBindBuffer");
  int framebuffer = 0, buffer = 0, pack = 0, alignment = 4, row = 0;
  get(GL_READ_FRAMEBUFFER_BINDING, &framebuffer);
  get(GL_PIXEL_PACK_BUFFER_BINDING, &pack);
  get(GL_PACK_ALIGNMENT, &alignment);
  get(GL_PACK_ROW_LENGTH, &row);
  if (framebuffer) bind_framebuffer(GL_READ_FRAMEBUFFER, 0);
  if (pack) bind_buffer(GL_PIXEL_PACK_BUFFER, 0);
  get(GL_READ_BUFFER, &buffer);
  read_buffer(GL_BACK);
  store(GL_PACK_ALIGNMENT, 1);
  store(GL_PACK_ROW_LENGTH, 0);
  char *pixels = malloc((size_t)width * height * 3);
  read(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels);
  read_buffer(buffer);
  store(GL_PACK_ALIGNMENT, alignment);
  store(GL_PACK_ROW_LENGTH, row);
  if (pack) bind_buffer(GL_PIXEL_PACK_BUFFER, pack);
  if (framebuffer) bind_framebuffer(GL_READ_FRAMEBUFFER, framebuffer);
  FILE *file = fopen(path, "wb");
  if (file) {
    fprintf(file, "P6\n%d %d\n255\n", width, height);
    for (int y = height - 1; y >= 0; y--) fwrite(pixels + (size_t)y * width * 3, 3, width, file);
    fclose(file);
  }
  free(pixels);
}

static void capture_if_due(void *display, unsigned long drawable) {
  if (!out_folder || shared->clock_ns < shared->next_ns) return;
  unsigned width = 0, height = 0;
  int (*query)(void *, unsigned long, int, unsigned *) = gl("glXQueryDrawable");
  query(display, drawable, GLX_WIDTH, &width);
  query(display, drawable, GLX_HEIGHT, &height);
  if ((int)width != want_width || (int)height != want_height) return;
  char path[512];
  snprintf(path, sizeof path, "%s/%03d-%d.ppm", out_folder, first_capture + (int)shared->captures, (int)shared->in_sequence);
  write_frame(width, height, path);
  shared->in_sequence++;
  int length = shared->captures % sequence_every == sequence_every / 2 ? SEQUENCE_FRAMES : 1;
  if (shared->in_sequence < length) return;
  shared->in_sequence = 0;
  shared->captures++;
  shared->next_ns = shared->clock_ns + every_ns;
}

void glXSwapBuffers(void *display, unsigned long drawable) {
  static void (*real)(void *, unsigned long);
  if (!real) real = gl("glXSwapBuffers");
  static int64_t last_ns;
  is_drawing_thread = 1;
  capture_if_due(display, drawable);
  real(display, drawable);
  int64_t step = shared->clock_ns + LEAD_FRAMES * FRAME + between_ns > shared->next_ns ? FRAME : between_ns;
  int64_t at_least = last_ns + step, current = now();
  /* Creep within a step is part of the step; only a stall moves the clock further than the step and the thread's own sleep. */
  shared->clock_ns = at_least > current ? at_least : current;
  last_ns = shared->clock_ns;
  struct timespec moment = timespec_of(SECOND / 500);
  for (int n = 0; n < AHEAD_WAITS && shared->played_ns && shared->clock_ns > shared->played_ns + AHEAD; n++) real_nanosleep(&moment, NULL);
  shared->real_ns = real_now(CLOCK_MONOTONIC);
  shared->frames++;
}

static void *hooked(const char *name);

void *glXGetProcAddress(const unsigned char *name) {
  void *ours = hooked((const char *)name);
  return ours ? ours : gl((const char *)name);
}

void *glXGetProcAddressARB(const unsigned char *name) { return glXGetProcAddress(name); }

static void *hooked(const char *name) {
  if (strcmp(name, "glXSwapBuffers") == 0) return glXSwapBuffers;
  if (strcmp(name, "glXGetProcAddress") == 0) return glXGetProcAddress;
  if (strcmp(name, "glXGetProcAddressARB") == 0) return glXGetProcAddressARB;
  return NULL;
}

void *dlsym(void *handle, const char *name) {
  open_clock();
  void *ours = hooked(name);
  return ours ? ours : real_dlsym(handle, name);
}
