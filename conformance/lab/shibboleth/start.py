"""The Shibboleth SP: shibd and Apache httpd with mod_shib, as one process that ends both.

What they read and write lies below LAB_STATE, where the configuration is copied with the environment filled in.
"""

import os
import pwd
import shutil
import signal
import string
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
STATE = Path(os.environ["LAB_STATE"])


def prepare() -> None:
    """Write the configuration, the pages and, the first time, the key with which requests are signed."""
    for template in (HERE / "config").iterdir():
        (STATE / template.name).write_text(string.Template(template.read_text()).substitute(os.environ))
    shutil.copytree(HERE / "pages", STATE / "pages", dirs_exist_ok=True)
    shutil.copy(os.environ["LAB_IDP_METADATA"], STATE / "idp-metadata.xml")
    if not (STATE / "sp.key").exists():
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=shibboleth.localhost"
        files = ("-keyout", STATE / "sp.key", "-out", STATE / "sp.pem")
        subprocess.run([*command.split(), *files], check=True, capture_output=True)  # noqa: S603 - fixed


def stop_being_root() -> None:
    """Go on as www-data: httpd does not serve as root, and both processes share files and a socket."""
    www = pwd.getpwnam("www-data")
    for path in (STATE, *STATE.rglob("*")):
        os.chown(path, www.pw_uid, www.pw_gid)
    os.setgroups([])
    os.setgid(www.pw_gid)
    os.setuid(www.pw_uid)


def shibd() -> subprocess.Popen[bytes]:
    """Start shibd, and return once it listens or has ended."""
    (STATE / "shibd.sock").unlink(missing_ok=True)
    process = subprocess.Popen(["/usr/sbin/shibd", "-F", "-f", "-c", STATE / "shibboleth2.xml"])  # noqa: S603 - fixed
    while process.poll() is None and not (STATE / "shibd.sock").exists():
        time.sleep(0.05)
    return process


def main() -> None:
    """Run both until SIGTERM comes or httpd ends; a shibd that dies is started anew, as Debian's unit does."""
    prepare()
    if os.geteuid() == 0:
        stop_being_root()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    processes = [shibd()]
    try:
        httpd = ["/usr/sbin/apache2", "-f", str(STATE / "httpd.conf"), "-D", "FOREGROUND"]
        processes.append(subprocess.Popen(httpd))  # noqa: S603 - fixed
        while processes[1].poll() is None:
            if processes[0].poll() is not None:
                print(f"shibd has ended ({processes[0].returncode}).", flush=True)
                processes[0] = shibd()
            time.sleep(0.1)
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()


if __name__ == "__main__":
    main()
