#!/usr/bin/python3
"""ASVS 14.2.1, 1.14.3: a component is called outdated where an archive of apt's offers a newer one, and only there."""
import os
import subprocess

import product

OUTDATED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ops", "outdated")
STANZA = """Package: libzip4
Version: %s
Architecture: %s
Maintainer: Nobody <nobody@example.org>
Description: a newer one
Filename: ./libzip4.deb
Size: 1
SHA256: %s
"""


class Archive:
    """An archive of one package, which is all that apt is told of besides what is installed."""

    def __init__(self, root):
        self.root = root
        for folder in ("repository", "state/lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(root, folder))
        self.write("sources.list", "deb [trusted=yes] file:%s/repository ./\n" % root)
        self.write("apt.conf", "".join('%s "%s";\n' % each for each in (
            ("Dir::State", root + "/state"), ("Dir::State::status", "/var/lib/dpkg/status"),
            ("Dir::Cache", root + "/cache"), ("Dir::Etc::SourceList", root + "/sources.list"),
            ("Dir::Etc::SourceParts", "/dev/null"), ("APT::Sandbox::User", "root"))))
        self.environment = {**os.environ, "APT_CONFIG": root + "/apt.conf", "LC_ALL": "C"}

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as out:
            out.write(text)

    def offer(self, version):
        architecture = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
        self.write("repository/Packages", STANZA % (version, architecture.stdout.strip(), "0" * 64))
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True, env=self.environment)

    def outdated(self):
        """Exit code and lines, those of the page's npm packages apart: their registry may not answer."""
        done = subprocess.run([OUTDATED, product.BINARY], capture_output=True, text=True, check=False,
                              env=self.environment)
        assert done.returncode in (0, 1, 2) and not done.stderr, done
        lines = done.stdout.splitlines()
        assert done.returncode != 0 or not lines, done
        return [line for line in lines if not line.startswith(("@noble/", "fflate "))], done.returncode


def main():
    with product.temporary() as root:
        archive = Archive(root)
        archive.offer("0.1")  # an older one is none to take
        lines, _ = archive.outdated()
        assert lines == [], lines
        archive.offer("99.1-2")
        lines, code = archive.outdated()
        assert code == 1 and len(lines) == 1, lines
        assert lines[0].startswith("libzip4 ") and lines[0].endswith(": 99.1-2 is offered"), lines
    done = subprocess.run([OUTDATED, "/bin/nonexistent"], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    print("one newer package is found, and none where there is none")


if __name__ == "__main__":
    main()
