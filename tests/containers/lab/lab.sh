#!/usr/bin/env bash
# A Docker engine of its own for the container tests, where none runs and no image can be pulled:
# as root on Debian. It starts an engine, makes images under the names that Dockerfile and
# docker-compose.yml use, runs what it is given (default: the container tests), and puts everything
# back. What takes long to make is kept in LAB_CACHE.
#
#   lab.sh [COMMAND ...]      such as bash, to look around
#
# Ends with 0 and a line beginning with NOT TESTED where the machine cannot have a lab.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
here=$project/tests/containers/lab
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kafka-mailer-lab}
packages=(docker.io iptables debootstrap prometheus)
compose_version=v2.40.3
base_release=bookworm
builder=${DOCKER_BUILDKIT:-0}

say() { printf 'lab: %3d s: %s\n' "$SECONDS" "$*" >&2; }
give_up() {
    printf 'NOT TESTED: containers (%s)\n' "$*" >&2
    exit 0
}
# The image that a line of a file names, so that versions stand in one place.
named_in() { sed -n "s|^$2$|\1|p" "$project/$1" | head -n 1; }

[[ $(uname -s) == Linux && $EUID == 0 ]] || give_up "the lab needs root on Linux"
command -v apt-get >/dev/null || give_up "the lab needs Debian's packages"

run=$(mktemp -d /tmp/kafka-mailer-lab.XXXXXX)
mkdir -p "$cache" "$run"/{data,exec}
engine=""
forward_policy=""
rules_before=""

# Rules and policies, without the counts of packets.
rules() { iptables-save | sed '/^[-:]/!d; s/^\(:.*\) \[.*/\1/'; }

stop_engine() {
    [[ -n $engine ]] && kill "$engine" 2>/dev/null || return 0
    for _ in $(seq 150); do kill -0 "$engine" 2>/dev/null || return 0; sleep 0.1; done
    kill -KILL "$engine"
}

remove_rules() {
    local table chain
    for table in nat filter; do
        iptables-save -t "$table" | grep -E -- '-A (PREROUTING|OUTPUT|POSTROUTING|FORWARD) .*(DOCKER|docker0|br-[0-9a-f]{12}|172\.)' |
            sed 's/^-A/-D/' | while read -r rule; do
            # shellcheck disable=SC2086  # a rule is several words
            iptables -t "$table" $rule
        done || true
        for chain in DOCKER DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2 DOCKER-USER; do
            iptables -t "$table" -F "$chain" 2>/dev/null || true
        done
        for chain in DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2 DOCKER-USER DOCKER; do
            iptables -t "$table" -X "$chain" 2>/dev/null || true
        done
    done
    [[ -z $forward_policy ]] || iptables -P FORWARD "$forward_policy"
}

put_back() {
    local status=$?
    trap - EXIT INT TERM
    if [[ -n $engine ]]; then
        docker ps --all --quiet 2>/dev/null | xargs --no-run-if-empty docker rm --force >/dev/null 2>&1 || true
        docker network ls --quiet --filter type=custom 2>/dev/null | xargs --no-run-if-empty docker network rm >/dev/null 2>&1 || true
        stop_engine
        local link
        for link in $(ip -br link | sed -n 's/^\(docker0\|br-[0-9a-f]\{12\}\|veth[0-9a-f]*\)\b.*/\1/p'); do
            ip link delete "$link" 2>/dev/null || true
        done
        remove_rules
    fi
    local mounted
    # Deepest first.
    awk -v run="$run/" 'index($2, run) == 1 { print $2 }' /proc/mounts | sort --reverse |
        while read -r mounted; do umount --lazy "$mounted" || true; done
    rm -rf "$run"
    report_leftovers || status=1
    exit "$status"
}

report_leftovers() {
    local left
    left=$(
        ip -br link | grep -E '^(docker0|br-[0-9a-f]{12}|veth)' || true
        grep -F "$run/" /proc/mounts || true
        [[ -z $engine ]] || diff <(echo "$rules_before") <(rules) | grep -E '^[<>] (-|.* DROP)' || true
        pgrep -af "$run" || true
    )
    [[ -z $left ]] && return 0
    say "this was left behind:"
    printf '%s\n' "$left" >&2
    return 1
}

install_packages() {
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    # RUNLEVEL=1: the package must not start an engine of the machine's own.
    env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c '
        apt-get update --quiet=2 && apt-get install --quiet=2 --yes --no-install-recommends "$@"
    ' sh "${missing[@]}" >"$run/apt.log" 2>&1 || { tail -n 5 "$run/apt.log" >&2; return 1; }
}

start_engine() {
    export DOCKER_HOST=unix://$run/docker.sock DOCKER_CONFIG=$run/config DOCKER_BUILDKIT=$builder
    export COMPOSE_BAKE=false TESTCONTAINERS_RYUK_DISABLED=true
    mkdir -p "$DOCKER_CONFIG"
    "$(PATH=/usr/sbin:$PATH command -v dockerd)" --data-root "$run/data" --exec-root "$run/exec" \
        --pidfile "$run/pid" --host "$DOCKER_HOST" >"$run/dockerd.log" 2>&1 &
    engine=$!
    for _ in $(seq 100); do
        docker version >/dev/null 2>&1 && return 0
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 5 "$run/dockerd.log" >&2
    engine=""
    return 1
}

# Makes a file or folder of the cache by a function, whole or not at all.
cached() {
    local name=$1 make=$2
    [[ -e $cache/$name ]] && return 0
    say "making $name (once)"
    rm -rf "$cache/$name.new"
    "$make" "$cache/$name.new" >"$cache/$name.log" 2>&1 || { tail -n 20 "$cache/$name.log" >&2; return 1; }
    mv "$cache/$name.new" "$cache/$name"
}

# What follows is called where `set -e` does not count, so each step asks for the one before.
go_source() {
    local module=$1 into=$2 folder
    folder=$(go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') &&
        rm -rf "$into" && cp -r "$folder" "$into" && chmod -R u+w "$into"
}

make_compose() {
    go_source "github.com/docker/compose/v2@$compose_version" "$run/compose" &&
        (cd "$run/compose" && CGO_ENABLED=0 go build -trimpath \
            -ldflags="-s -w -X github.com/docker/compose/v2/internal.Version=$compose_version" -o "$1" ./cmd) &&
        rm -rf "$run/compose"
}

make_mailpit() {
    local version=${mailpit##*:}
    go_source "github.com/axllent/mailpit@$version" "$run/mailpit" &&
        (cd "$run/mailpit" && npm ci --no-audit --no-fund && npm run package &&
            CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -X github.com/axllent/mailpit/config.Version=$version" -o "$1" .) &&
        rm -rf "$run/mailpit"
}

# The mirror that this machine's apt is set to.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' | grep -v security | head -n 1
}

# With this machine's authorities, for a registry behind a proxy; binutils has `strip`.
make_base() {
    local root=$run/base
    rm -rf "$root" &&
        debootstrap --variant=minbase \
            --include=python3,python3-venv,python3-pip,ca-certificates,binutils \
            "$base_release" "$root" "$(mirror)" &&
        ln -sf /usr/bin/python3 "$root/usr/local/bin/python" &&
        ln -sf /usr/bin/python3 "$root/usr/local/bin/python3" &&
        ln -sf /usr/bin/pip3 "$root/usr/local/bin/pip" &&
        rm -rf "$root"/usr/lib/python3*/EXTERNALLY-MANAGED \
            "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* &&
        cp /etc/ssl/certs/ca-certificates.crt "$root/usr/local/share/lab-authorities.pem" &&
        tar -C "$root" -c . >"$1" &&
        rm -rf "$root"
}

# The engine's old builder says with each build that it is old.
build() { docker build --quiet --tag "$1" "$2" >/dev/null 2>"$run/build.log" || { cat "$run/build.log" >&2; return 1; }; }

import_base() {
    docker import --change 'ENV PIP_CERT=/usr/local/share/lab-authorities.pem' \
        --change 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' \
        "$cache/base-$base_release.tar" "$1" >/dev/null
}

build_kafka() {
    local context=$run/kafka java
    mkdir -p "$context/libs"
    cp "$here"/kafka/* "$context/"
    "$python" -c 'from tests.support.backends.classpath import *; print(classpath())' |
        tr : '\n' | xargs -I{} cp {} "$context/libs/"
    java=$(readlink -f "$("$python" -c 'from tests.support.backends.classpath import *; print(java())')")
    cp -rL "${java%/bin/java}" "$context/jre" 2>/dev/null || [[ -x $context/jre/bin/java ]]
    build "$1" "$context"
    rm -rf "$context"
}

build_mailpit() {
    mkdir "$run/mailbox"
    cp "$cache/mailpit-${1##*:}" "$run/mailbox/mailpit"
    printf 'FROM %s\nCOPY mailpit /mailpit\nEXPOSE 1025 8025\nENTRYPOINT ["/mailpit"]\n' "$base" >"$run/mailbox/Dockerfile"
    build "$1" "$run/mailbox"
}

build_prometheus() {
    mkdir "$run/prometheus"
    cp "$(command -v prometheus)" "$run/prometheus/prometheus"
    printf 'FROM %s\nCOPY prometheus /bin/prometheus\nENTRYPOINT ["/bin/prometheus"]\n' "$base" >"$run/prometheus/Dockerfile"
    build "$1" "$run/prometheus"
}

trap put_back EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

base=$(named_in Dockerfile 'ARG PYTHON_IMAGE=\(.*\)')
whole_base=$(named_in Dockerfile 'ARG BUILD_IMAGE=\(.*\)')
kafka=$(named_in docker-compose.yml ' *image: \(apache/kafka:.*\)')
prometheus=$(named_in docker-compose.yml ' *image: \(prom/prometheus:.*\)')
mailpit=$(named_in docker-compose.yml ' *image: \(axllent/mailpit:.*\)')
python=$project/.venv/bin/python
cd "$project"

install_packages || give_up "its packages cannot be installed"
# Not before: a new machine has no iptables.
forward_policy=$(iptables -S FORWARD | sed -n 's/^-P FORWARD //p')
rules_before=$(rules)
start_engine || give_up "the engine does not start here"
say "engine $(docker version --format '{{.Server.Version}}') runs in $run"
# One waits for the network, the other for the processor.
cached "base-$base_release.tar" make_base & making_base=$!
cached "docker-compose-$compose_version" make_compose || give_up "docker compose cannot be built"
cached "mailpit-${mailpit##*:}" make_mailpit || give_up "the mailbox cannot be built"
wait "$making_base" || give_up "the base image cannot be made"
mkdir -p "$DOCKER_CONFIG/cli-plugins"
cp "$cache/docker-compose-$compose_version" "$DOCKER_CONFIG/cli-plugins/docker-compose"
import_base "$base"
docker tag "$base" "$whole_base"
build_kafka "$kafka"
build_mailpit "$mailpit"
build_prometheus "$prometheus"
say "made $base, $kafka, $mailpit, $prometheus in $SECONDS s"

if (($#)); then "$@"; else "$python" -m pytest tests/containers; fi
