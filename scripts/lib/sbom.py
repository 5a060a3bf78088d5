"""Prints what the programs are built from, as CycloneDX 1.5: every crate that is linked into them, with its version, licence, package URL, the sum that Cargo.lock holds, and who needs whom.

usage: sbom.py TARGET STAMP PACKAGE...   (STAMP: seconds since 1970, so that the same tree gives the same bytes)
"""

import datetime
import json
import subprocess
import sys
import tomllib
import uuid


def linked(target, names):
    """(name, version) of all that `cargo tree` says is linked. The graph of `cargo metadata` alone would have what only tests
    switch on."""
    ask = ["cargo", "tree", "--locked", "--target", target, "--edges", "normal", "--prefix", "none", "--format", "{p}"]
    ask += [word for name in names for word in ("--package", name)]
    said = subprocess.run(ask, check=True, capture_output=True, text=True).stdout
    lines = [line.split() for line in said.splitlines() if line.strip()]
    return {(words[0], words[1].removeprefix("v")) for words in lines}


def needs(node):
    return [dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]


def component(package, sums):
    name, version = package["name"], package["version"]
    made = {
        "type": "library",
        "bom-ref": f"pkg:cargo/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:cargo/{name}@{version}",
    }
    if package.get("license"):
        # Older crates write a slash for OR.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if (name, version) in sums:
        made["hashes"] = [{"alg": "SHA-256", "content": sums[name, version]}]
    return made


def main(target, stamp, *names):
    ask = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    told = json.loads(subprocess.run(ask, check=True, capture_output=True, text=True).stdout)
    with open("Cargo.lock", "rb") as file:
        locked = tomllib.load(file)["package"]
    sums = {(it["name"], it["version"]): it["checksum"] for it in locked if "checksum" in it}
    packages = {package["id"]: package for package in told["packages"]}
    graph = {node["id"]: node for node in told["resolve"]["nodes"]}
    roots = [id for id in told["workspace_members"] if packages[id]["name"] in names]
    inside = linked(target, names)
    ids = [id for id, it in packages.items() if (it["name"], it["version"]) in inside]
    ids.sort(key=lambda id: (packages[id]["name"], packages[id]["version"]))
    ref = {id: f"pkg:cargo/{packages[id]['name']}@{packages[id]['version']}" for id in ids}
    version = packages[roots[0]]["version"]
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join([version, stamp, *ref.values()]))),
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(int(stamp), datetime.timezone.utc).isoformat(),
            "component": {"type": "application", "bom-ref": "stormglass", "name": "stormglass", "version": version},
        },
        "components": [component(packages[id], sums) for id in ids],
        "dependencies": [{"ref": "stormglass", "dependsOn": [ref[id] for id in roots]}]
        + [{"ref": ref[id], "dependsOn": sorted({ref[dep] for dep in needs(graph[id]) if dep in ref})} for id in ids],
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


main(*sys.argv[1:])
