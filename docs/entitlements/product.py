"""A product that asks licseald before each unit of work.

usage: TOKEN=... product.py URL ENTITLEMENT UNITS
"""
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


def use(url, name, n=1, verb="use"):
    """Counts n uses. Returns None if they are allowed, and the reason otherwise."""
    request = urllib.request.Request(
        f"{url}/api/v1/entitlements/{urllib.parse.quote(name, safe='')}/{verb}",
        data=json.dumps({"n": n}).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["TOKEN"],
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),  # so that a retry counts nothing twice
        },
    )
    for wait in (0.2, 1, 5, None):
        try:
            urllib.request.urlopen(request, timeout=10).close()
            return None
        except urllib.error.HTTPError as e:
            if e.code != 503 or wait is None:
                return json.load(e)["detail"]
        except urllib.error.URLError as e:  # licseald does not answer
            if wait is None:
                return str(e.reason)
        time.sleep(wait)


url, name, units = sys.argv[1], sys.argv[2], int(sys.argv[3])
for unit in range(1, units + 1):
    if (reason := use(url, name)) is not None:
        sys.exit(f"unit {unit}: {reason}")
    print(f"unit {unit} is done")
