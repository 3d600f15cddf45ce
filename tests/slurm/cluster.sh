#!/bin/bash
# A Slurm of one node and two pretended GPUs on this machine, with everything of it in one folder:
#
#   tests/slurm/cluster.sh start FOLDER [PID]   start it, wait until it takes jobs, say how to reach it
#   tests/slurm/cluster.sh stop FOLDER          end its jobs and all of it; the folder stays, for its logs
#
# With PID it ends by itself soon after that process did. Needs Debian's slurm-wlm (slurmctld, slurmd and
# slurm-client), but neither root nor systemd nor munge. Any number of them may run beside each other.
set -euo pipefail
unset CDPATH
# What a person set for another cluster must not reach this one.
unset "${!SLURM@}" "${!SBATCH@}" "${!SCONTROL@}" "${!SQUEUE@}"
# Debian keeps the daemons where ordinary users do not look.
PATH=$PATH:/usr/sbin:/sbin

fail() {
    printf 'cluster.sh: error: %s\n  %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -ge 2 ] || fail "expected start or stop, and a folder" "for instance: $0 start /tmp/cluster"
verb=$1
case $verb in
start | stop | guard) ;;
*) fail "expected start or stop, not $verb" "for instance: $0 start $2" ;;
esac
[ "$verb" != start ] || mkdir -p "$2"
[ -d "$2" ] || exit 0
folder=$(cd "$2" && pwd -P)
owner=${3:-}
script=$(cd "$(dirname "$0")" && pwd -P)/$(basename "$0")
# Slurm's configuration knows no quotes, and a socket's path has no more than 108 characters.
case $folder in
*[!A-Za-z0-9/._-]*) fail "the folder $folder has characters that Slurm's configuration cannot hold" "take one of letters, digits and / . _ -" ;;
esac
[ ${#folder} -le 60 ] || fail "the path $folder is too long for sockets in it" "take one of at most 60 characters"
export SLURM_CONF=$folder/slurm.conf

# Everything that belongs to the cluster carries its name in its environment: the daemons have it from
# here, the jobs from Slurm.
name() {
    sed -n 's/^ClusterName=//p' "$SLURM_CONF"
}

members() {
    local environment
    for environment in /proc/[0-9]*/environ; do
        if { tr '\0' '\n' <"$environment"; } 2>/dev/null | grep -qx "SLURM_CLUSTER_NAME=$1"; then
            basename "$(dirname "$environment")"
        fi
    done
}

# Ends the processes of which `members` tells, this one excepted, by signal.
signal_members() {
    local process
    for process in $(members "$2"); do
        [ "$process" = $$ ] || kill "-$1" "$process" 2>/dev/null || true
    done
}

# Runs a command again and again until it succeeds, but no longer than so many seconds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

runs() { kill -0 "$1" 2>/dev/null; }
is_idle() { [ "$(timeout 5 sinfo --noheader --format=%T 2>/dev/null)" = idle ]; }
has_no_jobs() { [ -z "$(timeout 5 squeue --noheader 2>/dev/null)" ]; }
is_gone() { [ -z "$(members "$1")" ]; }

stop() {
    [ -e "$SLURM_CONF" ] || return 0
    local cluster
    cluster=$(name)
    if [ -n "$(members "$cluster")" ]; then
        # Jobs first, so that they can save; what does not answer is ended below all the same.
        timeout 5 scancel --user="$(id -un)" >/dev/null 2>&1 || true
        within 15 has_no_jobs || true
        signal_members TERM "$cluster"
        within 10 is_gone "$cluster" || signal_members KILL "$cluster"
        within 5 is_gone "$cluster" || fail "processes $(members "$cluster" | tr '\n' ' ')do not end" "look at the logs in $folder"
    fi
    rm -f "$SLURM_CONF"
}

configure() {
    local host control node groups
    host=$(uname -n | cut -d. -f1)
    control=$1
    node=$2
    rm -rf "$folder/state" "$folder/spool"
    mkdir "$folder/state" "$folder/spool"
    cat >"$folder/gres.conf" <<GRES
AutoDetect=off
Name=gpu Type=pretended File=/dev/null
Name=gpu Type=pretended File=/dev/zero
GRES
    # Old ones cannot do without a plugin, but this one does nothing before something uses it.
    case $(slurmd -V) in
    "slurm-wlm 22."* | "slurm 22."*) groups=cgroup/v1 ;;
    *) groups=disabled ;;
    esac
    echo "CgroupPlugin=$groups" >"$folder/cgroup.conf"
    cat >"$SLURM_CONF" <<CONFIGURATION
ClusterName=test$control
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$control
SlurmdPort=$node
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
# Neither control groups nor accounting: they would need root and reach beyond the folder.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=512
GresTypes=gpu
# The node has what is said here, whatever machine this is, so that two tasks run side by side anywhere.
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=8192 Gres=gpu:pretended:2 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=60 State=UP
ReturnToService=2
KillWait=20
CONFIGURATION
}

# A port that nothing listens on now; that it stays so shows when the daemon starts.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# Starts a program that lives on without this shell and its terminal.
detach() {
    setsid "$@" </dev/null >>"$folder/daemons.log" 2>&1 &
}

# The node takes jobs, or one of the two daemons has ended.
is_settled() { is_idle || ! runs "$1" || ! runs "$2"; }

start() {
    local program attempt control node
    for program in slurmctld slurmd sbatch sinfo squeue scancel; do
        command -v "$program" >/dev/null || fail "$program is not installed" "on Debian: apt-get install slurm-wlm"
    done
    [ ! -e "$SLURM_CONF" ] || fail "a cluster is in $folder already" "end it: $0 stop $folder"
    # Another program can take a port between the question and the start.
    for attempt in 1 2 3; do
        configure "$(free_port)" "$(free_port)"
        detach env SLURM_CLUSTER_NAME="$(name)" slurmctld -D -c
        control=$!
        detach env SLURM_CLUSTER_NAME="$(name)" slurmd -D -c
        node=$!
        if within 30 is_settled $control $node && is_idle; then
            [ -z "$owner" ] || detach "$script" guard "$folder" "$owner"
            echo "export SLURM_CONF=$SLURM_CONF"
            return
        fi
        cp "$SLURM_CONF" "$folder/failed-$attempt.conf"
        stop
    done
    tail -n 20 "$folder"/*.log >&2
    fail "Slurm does not come up" "see the logs above, all of them in $folder"
}

# Ends the cluster when a process has ended.
guard() {
    while [ -e "$SLURM_CONF" ]; do
        if ! runs "$1"; then
            stop
            return
        fi
        sleep 1
    done
}

case $verb in
start) start ;;
stop) stop ;;
guard) guard "$owner" ;;
esac
