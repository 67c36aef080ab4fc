/**
 * Has the browser start its media system, on the page and before anything asks for codecs. WebKitGTK 2.50 starts GStreamer when it is first needed,
 * which for a VideoEncoder is on a thread of its own: there it may register the encoder before GStreamer is ready, and the whole page crashes
 * ("gst_register_core_elements: code should not be reached"). Asking an element what it plays starts it in order, on the main thread, for the
 * workers of this process too. Elsewhere it costs a string comparison.
 */
export function startMediaSystem(): void {
  if (isStarted || typeof document === 'undefined') return;
  isStarted = true;
  document.createElement('video').canPlayType('video/webm');
}

let isStarted = false;
