"""Prints what botocore reads in the files of each folder in argv[1]; for boto3 and both AWS CLIs."""

import importlib
import os
import sys

try:
    session = importlib.import_module("awscli.botocore.session")  # AWS CLI 2 brings its own
except ImportError:
    session = importlib.import_module("botocore.session")

for name in sorted(os.listdir(sys.argv[1])):
    for variable, file in (("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")):
        os.environ[variable] = os.path.join(sys.argv[1], name, file)
    try:
        found = session.Session().full_config["profiles"].get("ann", {})
        print(name, *((found.get(key) or "-").split()[0] for key in ("aws_access_key_id", "region")))
    except Exception:  # noqa: BLE001  # whatever it is, the SDK does not read the file
        print(name, "refused", "refused")
