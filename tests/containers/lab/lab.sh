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
# Its networks and rules would be taken for ours, and removed.
! pgrep -x dockerd >/dev/null || give_up "an engine runs here: make test tries the containers on it"

run=$(mktemp -d /tmp/kafka-mailer-lab.XXXXXX)
mkdir -p "$cache" "$run"/{data,exec}
engine=""
rules_before=""
links_before=""
forwarding=""

# Rules, chains and policies, each with its table before it; the counts of packets are left out, and
# so are empty chains that every table has.
rules() {
    local table
    for table in filter nat; do
        iptables-save --table "$table" | sed -n "s/^\(:.*\) \[.*/\1/; /^:[A-Z]* ACCEPT\$/d; s/^[-:]/$table &/p"
    done
}
links() { ip -oneline link | sed 's/^[0-9]*: \([^:@]*\).*/\1/'; }
# What is new since the lines of $1.
new_since() { grep --invert-match --line-regexp --fixed-strings --file=<(echo "$1") || true; }

take_note() {
    rules_before=$(rules)
    links_before=$(links)
    forwarding=$(</proc/sys/net/ipv4/ip_forward)
}

stop_engine() {
    [[ -n $engine ]] && kill "$engine" 2>/dev/null || return 0
    for _ in $(seq 150); do kill -0 "$engine" 2>/dev/null || return 0; sleep 0.1; done
    kill -KILL "$engine"
}

remove_rules() {
    local table line
    rules | new_since "$rules_before" >"$run/rules"
    while read -r table line; do
        [[ $line != -A* ]] || xargs iptables --table "$table" <<<"-D${line#-A}"
    done <"$run/rules"
    # Now nothing leads to the chains, and they are empty.
    while read -r table line; do
        case $line in
            :*" -") line=${line#:} && iptables --table "$table" --delete-chain "${line% -}" ;;
            :*" DROP") line=${line#:} && iptables --table "$table" --policy "${line% DROP}" ACCEPT ;;
        esac
    done <"$run/rules"
}

put_back() {
    local status=$?
    trap - EXIT INT TERM
    if [[ -n $engine ]]; then
        docker ps --all --quiet 2>/dev/null | xargs --no-run-if-empty docker rm --force >/dev/null 2>&1 || true
        docker network ls --quiet --filter type=custom 2>/dev/null | xargs --no-run-if-empty docker network rm >/dev/null 2>&1 || true
        stop_engine
        local link
        links | new_since "$links_before" | while read -r link; do ip link delete "$link" 2>/dev/null || true; done
        remove_rules || true
        echo "$forwarding" >/proc/sys/net/ipv4/ip_forward
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
        [[ -z $engine ]] || links | new_since "$links_before"
        [[ -z $engine ]] || rules | new_since "$rules_before"
        grep -F "$run/" /proc/mounts || true
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

# An image from a folder whose links stand for what they lead to. The engine's old builder says with
# each build that it is old.
build() {
    # Where a link leads nowhere, as Debian's to Java's sources does, tar ends with 1.
    { tar -C "$2" --dereference --ignore-failed-read --exclude=./jre/{docs,jmods,legal,man} -c . 2>/dev/null || (($? == 1)); } |
        docker build --quiet --tag "$1" - >/dev/null 2>"$2.log" || { cat "$2.log" >&2; return 1; }
}

import_base() {
    docker import --change 'ENV PIP_CERT=/usr/local/share/lab-authorities.pem' \
        --change 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' \
        "$cache/base-$base_release.tar" "$1" >/dev/null
}

build_kafka() {
    local context=$run/with-kafka jars java
    jars=$("$python" -c 'from tests.support.backends.classpath import *; print(classpath())') &&
        java=$("$python" -c 'from tests.support.backends.classpath import *; print(java())') &&
        java=$(readlink -f "$java") &&
        mkdir -p "$context/libs" &&
        ln -s "$here"/kafka/* "$context/" &&
        ln -s "${java%/bin/java}" "$context/jre" &&
        tr : '\n' <<<"$jars" | xargs -I{} ln -s {} "$context/libs/" &&
        build "$1" "$context"
}

# An image that is the base and one program.
build_program() {
    local context=$run/with-${3##*/}
    mkdir -p "$context" &&
        ln -s "$2" "$context/program" &&
        printf 'FROM %s\nCOPY program %s\nENTRYPOINT ["%s"]\n' "$base" "$3" "$3" >"$context/Dockerfile" &&
        build "$1" "$context"
}

# Ours as `make image` does, under the lock that the tests wait for; where it fails, their own build
# tells why.
build_ours() {
    mkdir -p "$project/.cache"
    flock "$project/.cache/image.lock" docker build --tag kafka-mailer "$project" >"$run/ours.log" 2>&1 || true
}

# And our image upon it, which waits for the network most of the time: who needs it waits for it.
base_image() {
    cached "base-$base_release.tar" make_base &&
        import_base "$base" &&
        docker tag "$base" "$whole_base" &&
        say "imported $base" || return 1
    build_ours &
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
take_note # not before: a new machine has no iptables
start_engine || give_up "the engine does not start here"
say "engine $(docker version --format '{{.Server.Version}}') runs in $run"
# One waits for the network, the other for the processor.
base_image & making_base=$!
cached "docker-compose-$compose_version" make_compose || give_up "docker compose cannot be built"
cached "mailpit-${mailpit##*:}" make_mailpit || give_up "the mailbox cannot be built"
wait "$making_base" || give_up "the base image cannot be made"
mkdir -p "$DOCKER_CONFIG/cli-plugins"
ln -s "$cache/docker-compose-$compose_version" "$DOCKER_CONFIG/cli-plugins/docker-compose"
build_kafka "$kafka" & building=($!)
build_program "$mailpit" "$cache/mailpit-${mailpit##*:}" /mailpit & building+=($!)
build_program "$prometheus" "$(command -v prometheus)" /bin/prometheus & building+=($!)
for one in "${building[@]}"; do wait "$one"; done
say "built $kafka, $mailpit, $prometheus"

if (($#)); then
    "$@"
else
    # The stack beside the service, the longest first; the image alone is tried where there is room.
    "$python" -m pytest tests/containers/test_{stack,service,image}.py \
        --numprocesses 2 --dist loadfile --no-loadscope-reorder
fi
