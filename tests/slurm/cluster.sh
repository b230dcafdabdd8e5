#!/usr/bin/env bash
# A Slurm cluster on this machine: a controller and N nodes n1 .. nN, each with its own network, UTS, PID and mount namespace.
#
#   cluster.sh up DIR N       starts it; everything it writes lies in DIR; prints `export SLURM_CONF=...`
#   cluster.sh crash DIR NODE kills all processes of a node at once, as a power cut does
#   cluster.sh start DIR NODE starts a node again
#   cluster.sh down DIR       ends it and removes its namespaces and devices
#   cluster.sh alone COMMAND  runs COMMAND in network, PID and mount namespaces of its own: a cluster that it makes meets no
#                             other one, and nothing of it outlives COMMAND, however that ends
#
# Needs root, slurm-wlm, munge and iproute2. Names begin with ek-slurm; addresses are 198.18.8.0/24 (RFC 2544: never routed).
set -euo pipefail
command=$1
shift
bridge=ek-slurm

# The namespaces end with the bash that waits for COMMAND; it also reaps what a cluster leaves behind.
alone() {
  if [ "$(id -u)" -ne 0 ] || ! unshare --net --pid --mount --fork true 2> /dev/null; then exec "$@"; fi
  exec unshare --net --pid --mount --fork --mount-proc --kill-child bash -c '
    set -e
    mkdir -p /run/netns
    mount -t tmpfs ek-slurm /run/netns
    ip link set lo up
    "$@" && exit 0 || exit $?' cluster.sh "$@"
}

namespace() { echo "ek-slurm-$1"; }

write_configuration() {
  local count=$1 nodes="" i
  for ((i = 1; i <= count; i++)); do
    nodes+="NodeName=n$i NodeAddr=198.18.8.$i Port=26818 CPUs=2 RealMemory=2000 State=UNKNOWN"$'\n'
  done
  cat > "$conf" <<CONF
ClusterName=evenkeel
SlurmctldHost=$(hostname)(198.18.8.254)
SlurmctldPort=26817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=5
StateSaveLocation=$dir/state
SlurmctldPidFile=$dir/slurmctld.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdSpoolDir=$dir/spool.%n
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmdLogFile=$dir/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=20
JobRequeue=1
${nodes}PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

add_network() {
  local i=$1 ns
  ns=$(namespace "n$i")
  ip netns add "$ns"
  ip link add "ek-slurm-v$i" type veth peer name eth0 netns "$ns"
  ip link set "ek-slurm-v$i" master "$bridge" up
  ip -n "$ns" addr add "198.18.8.$i/24" dev eth0
  ip -n "$ns" link set lo up
  ip -n "$ns" link set eth0 up
}

start_node() {
  local node=$1
  mkdir -p "$dir/spool.$node"
  # The init of the node's PID namespace: its death takes every process of the node along.
  nsenter --net="/run/netns/$(namespace "$node")" unshare --uts --pid --mount --fork --mount-proc --kill-child \
    sh -c "hostname $node; SLURM_CONF=$conf exec /usr/sbin/slurmd -D -N $node" > "$dir/$node.out" 2>&1 < /dev/null &
  echo $! > "$dir/$node.pid"
  disown
}

await() {
  local what=$1 seconds=$2
  shift 2
  for ((i = 0; i < seconds * 5; i++)); do "$@" > /dev/null 2>&1 && return 0; sleep 0.2; done
  echo "cluster.sh: waited $seconds s for $what; logs in $dir" >&2
  return 1
}

all_idle() { [ "$(SLURM_CONF=$conf sinfo --noheader --Node --states=idle --format=%N | wc -l)" -eq "$1" ]; }

up() {
  local count=$1 i
  mkdir -p "$dir/state"
  if ip link show "$bridge" > /dev/null 2>&1; then
    echo "cluster.sh: the device $bridge is there already: another cluster runs here; \`$0 alone COMMAND\` keeps them apart" >&2
    exit 2
  fi
  write_configuration "$count"
  # A munge of our own: it leaves that of the machine alone.
  dd if=/dev/urandom of="$dir/munge.key" bs=128 count=1 status=none
  chmod 400 "$dir/munge.key"
  chmod 755 "$dir"
  /usr/sbin/munged --force --foreground --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/munged.log" --seed-file="$dir/munged.seed" > "$dir/munged.out" 2>&1 < /dev/null &
  disown
  await "munge" 10 test -S "$dir/munge.socket"
  ip link add "$bridge" type bridge
  ip addr add 198.18.8.254/24 dev "$bridge"
  ip link set "$bridge" up
  for ((i = 1; i <= count; i++)); do add_network "$i"; done
  SLURM_CONF=$conf /usr/sbin/slurmctld -D > "$dir/slurmctld.out" 2>&1 < /dev/null &
  disown
  for ((i = 1; i <= count; i++)); do start_node "n$i"; done
  await "$count idle nodes" 60 all_idle "$count"
  echo "export SLURM_CONF=$conf"
}

# The child of unshare is the init of the node's PID namespace.
crash() { pkill -KILL -P "$(cat "$dir/$1.pid")" || true; kill -KILL "$(cat "$dir/$1.pid")" 2> /dev/null || true; }

down() {
  local file
  for file in "$dir"/n*.pid; do [ -e "$file" ] && crash "$(basename "$file" .pid)"; done
  for file in slurmctld munged; do [ -e "$dir/$file.pid" ] && kill -KILL "$(cat "$dir/$file.pid")" 2> /dev/null || true; done
  local ns
  for ns in $(ip netns list | awk '/^ek-slurm-/ {print $1}'); do ip netns del "$ns"; done
  ip link del "$bridge" 2> /dev/null || true
}

if [ "$command" = alone ]; then alone "$@"; fi
dir=$1
conf=$dir/slurm.conf
case $command in
  up) trap 'code=$?; [ $code -eq 0 ] || down; exit $code' EXIT; up "$2" ;;
  crash) crash "$2" ;;
  start) start_node "$2" ;;
  down) down ;;
  *) echo "cluster.sh: unknown command $command" >&2; exit 2 ;;
esac
