"""Apache Kafka's jars: resolved once by Maven, then remembered in the repository's cache."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support.backends.backend import NotAvailable

KAFKA_VERSION = "4.1.1"
LEAST_JAVA = 17
CACHE = Path(__file__).resolve().parents[3] / ".cache" / f"kafka-{KAFKA_VERSION}"

SERVER = "kafka_2.13"
# Kafka's command-line tools, and all that the server has.
TOOLS = "kafka-tools"

# Kafka logs through slf4j 1.7 and brings no binding for it.
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>{artifact}</artifactId>
      <version>{version}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"""


def java() -> str:
    """Path of a Java that is new enough; raises NotAvailable."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    if not (path := path or shutil.which("java")):
        raise NotAvailable("no Java here")
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', said)
    if not match or int(match[1]) < LEAST_JAVA:
        raise NotAvailable(f"Java {match[1] if match else '?'} is older than {LEAST_JAVA}")
    return path


def maven(artifact: str = SERVER) -> str | None:
    """Path of Maven, or None when the remembered jars make it needless; raises NotAvailable."""
    if _remembered(artifact):
        return None
    if path := shutil.which("mvn"):
        return path
    raise NotAvailable("no Maven here")


def classpath(artifact: str = SERVER) -> str:
    """All jars, joined for `java -cp`; the first time Maven fetches them (10 s, 43 MB)."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _remembered(artifact) or _resolve(artifact)


def _file(artifact: str) -> Path:
    return CACHE / ("classpath" if artifact == SERVER else f"classpath-{artifact}")


def _remembered(artifact: str) -> str | None:
    file = _file(artifact)
    if not file.is_file():
        return None
    jars = file.read_text().strip()
    return jars if jars and all(Path(jar).is_file() for jar in jars.split(os.pathsep)) else None


def _resolve(artifact: str) -> str:
    if not (program := maven(artifact)):
        raise NotAvailable("no Maven here")
    with tempfile.TemporaryDirectory() as folder:
        pom = Path(folder, "pom.xml")
        pom.write_text(POM.format(artifact=artifact, version=KAFKA_VERSION))
        found = Path(folder, "classpath")
        goal = "dependency:build-classpath"
        run = subprocess.run(
            [program, "-B", "-q", "-f", str(pom), goal, f"-Dmdep.outputFile={found}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if run.returncode:
            said = "\n".join((run.stdout + run.stderr).splitlines()[-10:])
            raise NotAvailable(f"Maven did not get {artifact} {KAFKA_VERSION}:\n{said}")
        partial = CACHE / "classpath.new"
        partial.write_text(found.read_text())
        partial.replace(_file(artifact))
    if jars := _remembered(artifact):
        return jars
    raise NotAvailable("Maven named jars that are not there")
