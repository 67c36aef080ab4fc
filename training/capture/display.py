"""A virtual screen without a real one's scaling, its window manager, and scripted input."""

import os
import subprocess
import time
from pathlib import Path

# No frames or title bars: a window has exactly the size that the game asked for.
WINDOW_RULES = """<?xml version="1.0"?><openbox_config xmlns="http://openbox.org/3.4/rc"><keyboard/><mouse/><theme><keepBorder>no</keepBorder></theme>
<applications><application class="*"><decor>no</decor><position force="yes"><x>0</x><y>0</y></position><focus>yes</focus></application></applications>
</openbox_config>"""


class Display:
    """Xvfb with openbox and Mesa's software renderer. End it with `close`."""

    def __init__(self, width: int, height: int, folder: Path):
        self.environment = {
            **os.environ, "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe",
            "SDL_AUDIODRIVER": "dummy", "ALSOFT_DRIVERS": "null", "SDL_VIDEO_X11_VISUALID": "",
            # Windows that draw with the processor are shown through OpenGL too, so that their frames pass through a swap.
            "SDL_FRAMEBUFFER_ACCELERATION": "opengl", "SDL_RENDER_DRIVER": "opengl", "vblank_mode": "0",
            "PATH": os.environ["PATH"] + ":/usr/games", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / ".config"), "XDG_DATA_HOME": str(folder / ".local/share"),
        }  # fmt: skip
        rules = folder / "openbox.xml"
        rules.write_text(WINDOW_RULES)
        # Xvfb picks a free number and writes it.
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
        self.processes = [subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
        os.close(writing)
        with os.fdopen(reading) as number:
            self.environment["DISPLAY"] = f":{number.readline().strip()}"
        self.processes.append(self._start("openbox", "--config-file", str(rules)))
        time.sleep(1)

    def _start(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def input(self, *arguments: str) -> None:
        """Runs xdotool."""
        subprocess.run(["xdotool", *arguments], env=self.environment, check=False, timeout=30, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def picture(self, path: Path) -> None:
        """The whole screen, to see why a game does not start."""
        subprocess.run(["import", "-window", "root", "-resize", "25%", str(path)], env=self.environment, check=False, timeout=60)

    def close(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
            process.wait(10)
