"""Asks the platform at a fixed rate until it gets SIGTERM, and then tells how that went, as one JSON line.

Environment JOB, JSON: `kind` (`curl`, `keepalive` or `mlflow`), `perSecond`, `url`, `ca` (PEM), `address` (where the
host of the URL is). No kind repeats a request that failed.
"""

import concurrent.futures
import http.client
import json
import os
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse

job = json.loads(os.environ["JOB"])
target = urllib.parse.urlsplit(job["url"])
CA = "/tmp/ca.pem"
with open(CA, "w", encoding="ascii") as file:
    file.write(job["ca"])
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())


class Curl:
    """A program of its own, and so a new connection, for every request."""

    def __init__(self):
        self.at = f"{target.hostname}:{target.port}:{job['address']}"

    def __call__(self):
        command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", "--cacert", CA]
        ran = subprocess.run([*command, "--resolve", self.at, job["url"]], capture_output=True, text=True, check=False)
        if ran.returncode != 0 or ran.stdout != "200":
            raise RuntimeError(f"curl {ran.returncode}: {ran.stdout} {ran.stderr.strip()}")


class KeepAlive:
    """One connection that is kept, with nothing that hides its loss."""

    def __init__(self):
        self.context = ssl.create_default_context(cafile=CA)
        self.connection = None

    def __call__(self):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(target.hostname, target.port, timeout=10, context=self.context)
        try:
            self.connection.request("GET", target.path)
            answer = self.connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"HTTP {answer.status}")
        except BaseException:
            self.connection.close()
            self.connection = None
            raise


class Mlflow:
    """MLflow's own client. Its retries are off (MLFLOW_HTTP_REQUEST_MAX_RETRIES=0), since they would hide failures."""

    def __init__(self):
        os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"] = CA
        import mlflow

        self.client = mlflow.MlflowClient()

    def __call__(self):
        self.client.search_experiments(max_results=1)


kind = {"curl": Curl, "keepalive": KeepAlive, "mlflow": Mlflow}[job["kind"]]()
failed = []
latencies = []
lock = threading.Lock()


def once():
    """Makes one request and notes how it went."""
    started = time.monotonic()
    try:
        kind()
        error = None
    except Exception as reason:  # pylint: disable=broad-exception-caught  (every failure counts)
        error = f"{time.strftime('%H:%M:%S')} {type(reason).__name__}: {str(reason)[:300]}"
    with lock:
        latencies.append(time.monotonic() - started)
        if error is not None:
            failed.append(error)


print("ready", flush=True)
began = time.monotonic()
# A connection that is kept carries one request at a time; programs of their own need not wait for each other.
with concurrent.futures.ThreadPoolExecutor(16 if job["kind"] == "curl" else 1) as pool:
    due = began
    while not stopped.wait(max(0.0, due - time.monotonic())):
        pool.submit(once)
        due += 1 / job["perSecond"]
seconds = time.monotonic() - began
print(
    json.dumps(
        {
            "requests": len(latencies),
            "failed": failed,
            "perSecond": round(len(latencies) / seconds, 1),
            "slowest": round(max(latencies, default=0), 2),
        }
    ),
    flush=True,
)
