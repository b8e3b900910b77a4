"""Download of 1 GiB from the page cache, against nginx with sendfile, interleaved in one run."""

import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common import ROOT, Server, free_port, heading, need, server, wait_for

SIZE = 1 << 30
ROUNDS = 5
PUSH = """
import sys
from huggingface_hub import HfApi
endpoint, token, path = sys.argv[1:]
api = HfApi(endpoint=endpoint, token=token)
api.create_repo("bench/big")
api.upload_file(path_or_fileobj=path, path_in_repo="big.bin", repo_id="bench/big")
"""


def main() -> None:
    """Push one file with the real client, then fetch it in turns from Modelyard and from nginx."""
    curl, nginx = need("curl", "curl"), need("nginx", "nginx-light")
    heading("Download of 1 GiB, one stream over loopback (goal: 0.85 of nginx)")
    folder = Path(tempfile.mkdtemp(prefix="modelyard-download-", dir=ROOT / "var"))
    try:
        big = folder / "big.bin"
        with big.open("wb") as file:
            for _ in range(SIZE >> 24):
                file.write(secrets.token_bytes(1 << 24))
        with server() as ours, static(nginx, folder) as theirs:
            pushed = push(ours, big)
            print(f"upload of the same file with huggingface_hub (LFS): {SIZE / pushed / 2**20:.0f} MiB/s")
            compare(curl, f"{ours.url}/bench/big/resolve/main/big.bin", f"{theirs}/big.bin")
    finally:
        shutil.rmtree(folder)


def push(ours: Server, big: Path) -> float:
    """Publish the file with huggingface_hub; return the seconds of the upload."""
    ours.admin("create-user", "bench")
    token = ours.admin("create-token", "bench", "--role", "write")
    started = time.perf_counter()
    environment = {**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    subprocess.run([sys.executable, "-c", PUSH, ours.url, token, big], check=True, env=environment)
    return time.perf_counter() - started


def compare(curl: str, ours: str, theirs: str) -> None:
    """Fetch both addresses in turns and print the medians and their ratio."""
    speeds: dict[str, list[float]] = {"Modelyard": [], "nginx": []}
    for turn in range(ROUNDS + 1):
        for name, url in (("nginx", theirs), ("Modelyard", ours)):
            command = [curl, "-sS", "-o", "/dev/null", "-w", "%{speed_download} %{size_download}", url]
            speed, size = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            if int(size) != SIZE:
                raise SystemExit(f"{name} sent {size} bytes")
            if turn:  # the first round only warms the page cache
                speeds[name].append(float(speed) / 2**20)
    print("| server | median MiB/s | rounds |\n|---|---|---|")
    for name, rounds in speeds.items():
        print(f"| {name} | {statistics.median(rounds):,.0f} | {', '.join(f'{one:,.0f}' for one in rounds)} |")
    ratio = statistics.median(speeds["Modelyard"]) / statistics.median(speeds["nginx"])
    print(f"ratio of the medians: {ratio:.2f}")


@contextmanager
def static(nginx: str, folder: Path) -> Iterator[str]:
    """Serve a folder with nginx in the foreground; yield its origin."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;\n"
        "events {} http { sendfile on; tcp_nopush on; access_log off; client_body_temp_path /tmp;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    folder.chmod(0o755)
    process = subprocess.Popen([nginx, "-c", config, "-p", folder, "-g", "user root;"])
    try:
        wait_for(f"http://127.0.0.1:{port}/nginx.conf", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


if __name__ == "__main__":
    main()
