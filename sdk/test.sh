#!/usr/bin/env bash
# Tests the verifiers in other languages, each by the runner of its language. One that
# cannot run here is skipped, or with LICSEAL_TEST_ALL an error.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# skip LANGUAGE WHY
skip() {
  echo "-- $1: skipped: $2"
  [ -z "${LICSEAL_TEST_ALL:-}" ]
}

javascript() {
  (cd js && npm ci --no-audit --no-fund --loglevel=error && node --test --test-reporter=dot test/*.test.js)
}

python() { # the one of the system, which has the packages that the tests need
  (cd python && /usr/bin/python3 -m pytest -q)
  if command -v mypy >/dev/null; then
    (cd python && mypy --strict --python-version 3.9 --cache-dir "$tmp/mypy" licseal_verify)
  else
    skip "Python's types" "mypy is not installed"
  fi
}

junit=$(printf ':/usr/share/java/%s.jar' junit-jupiter-{api,engine,params} junit-platform-{commons,console,engine,launcher,reporting} \
  apiguardian-api opentest4j opentest4j-reporting-{events,schema} picocli univocity-parsers)

# junit_tests JAR CLASSES WHAT runs tests of a folder of classes, with the packed verifier.
junit_tests() {
  java -Dlicseal.jar="$1" -cp "$2$junit" org.junit.platform.console.ConsoleLauncher "$3" --details=summary --disable-banner --fail-if-no-tests
}

java_tests() {
  cd java
  javac -Xlint:all -Werror --release 17 -d "$tmp/main" $(find src/main -name '*.java')
  if command -v mvn >/dev/null && [ -e /usr/share/maven-repo/org/apache/maven/surefire/surefire-junit-platform ]; then
    rm -rf target
    mvn -B -q -o -Dmaven.repo.local=/usr/share/maven-repo -Dsurefire.version=2.22.3 package
    grep -h '^Tests run' target/surefire-reports/*.VectorsTest.txt
    junit_tests "$PWD/target/licseal-1.0.0.jar" target/test-classes:target/classes --select-class=io.github.licseal.PackageTest
  else
    skip "Maven's package of Java" "maven or a plugin of it is not installed"
    jar --create --file "$tmp/licseal.jar" --main-class io.github.licseal.Client -C "$tmp/main" .
    javac --release 17 -d "$tmp/test" -cp "$tmp/main$junit" $(find src/test -name '*.java')
    junit_tests "$tmp/licseal.jar" "$tmp/test:$tmp/main" --scan-classpath="$tmp/test"
  fi
  cd ..
}

if command -v npm >/dev/null; then
  echo "-- JavaScript"
  javascript
else
  skip JavaScript "npm is not installed"
fi
if /usr/bin/python3 -c 'import cryptography, pytest, setuptools, wheel'; then
  echo "-- Python"
  python
else
  skip Python "python3-cryptography, python3-pytest, python3-setuptools or python3-wheel is not installed"
fi
if command -v javac >/dev/null && [ -e /usr/share/java/junit-platform-console.jar ]; then
  echo "-- Java"
  java_tests
else
  skip Java "a JDK or junit5 is not installed"
fi
