#!/usr/bin/env bash
# Signs a batch by the Slurm array of docs/bulk.sbatch on this machine: eight tasks, each with
# its own shard, rejects and register. One task is killed with kill -9, requeued and resumed. The merged
# file must be the one of a single run, byte for byte.
#
#   peers/slurm.sh [ROWS]      (default: 100000)
#
# Runs as root, with Debian's slurmctld, slurmd, slurm-client and munge. It starts servers of
# its own in a temporary folder, and stops them at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-100000} tasks=8
dir=$(mktemp -d)
pids=()
end() {
  local status=$?
  [ $status = 0 ] || tail -n 20 "$dir"/*.log "$dir"/said-* >&2 || true
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap end EXIT

CGO_ENABLED=0 go build -trimpath -o "$dir/licseal" ./cmd/licseal
chmod 755 "$dir"
sed "/mem-per-cpu/d" docs/bulk.sbatch >"$dir/bulk.sbatch" # this node is not asked for its memory
cd "$dir"
export PATH=$dir:$PATH SLURM_CONF=$dir/slurm.conf

# A cluster of one node, and the service by which its parts trust one another.
mkdir munge state spool
chmod 700 munge
head -c 1024 /dev/urandom >munge/key
chmod 600 munge/key
munged --foreground --force --key-file munge/key --socket "$dir/munge/socket" --pid-file munge/pid \
  --seed-file munge/seed --log-file "$dir/munged.log" 2>munged.err &
pids+=($!)
host=$(hostname -s)
cat >slurm.conf <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=$tasks State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -D 2>slurmctld.err &
pids+=($!)
slurmd -D -N "$host" 2>slurmd.err &
pids+=($!)

# await WHAT COMMAND…: waits until a command succeeds, at most two minutes.
await() {
  local what=$1
  shift
  for _ in $(seq 600); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  echo "error: waited in vain: $what" >&2
  return 1
}
isIdle() { [ "$(sinfo --noheader --format %T)" = idle ]; }
await 'the node is idle' isIdle

# The batch: one row in 997 is rejected.
licseal keygen -o vendor.key --no-passphrase --comment vendor >/dev/null 2>&1
echo '{"dataplanes":"2","product_subscription":"Konnect Enterprise","support_plan":"None"}' >defaults.json
awk -v n="$rows" 'BEGIN { print "license_key,customer,admin_seats"; for (i = 1; i <= n; i++) printf "LS-%07d,\"Example Company %d, Inc\",%s\n", i, i, i % 997 ? i % 50 + 1 : "many" }' >customers.csv

for n in $(seq "$tasks"); do licseal register new "issued-$n" >/dev/null; done
began=$(date +%s.%N)
job=$(sbatch --parsable bulk.sbatch)

# The third task is killed in the middle, and requeued.
hasBegun() { [ "$(stat -c %s part-3.ndjson.part 2>/dev/null || echo 0)" -gt 200000 ]; }
await 'the third task has written something' hasBegun
kill -9 "$(pgrep -f -- "--shard 3/8 .*-o part-3.ndjson")"
stateOf() { squeue --noheader --states all --format %T --jobs "$1"; }
isOver() { case $(stateOf "$1") in FAILED | COMPLETED) ;; *) false ;; esac; }
await 'the task has failed' isOver "${job}_3"
state=$(stateOf "${job}_3")
[ "$state" = FAILED ] || { echo "error: the task that was killed is $state" >&2; exit 1; }
[ ! -e part-3.ndjson ] || { echo 'error: the task that was killed has finished its part' >&2; exit 1; }
left=$(wc -l <part-3.ndjson.part)
scontrol requeue "${job}_3"
scontrol update "jobid=${job}_3" starttime=now # Slurm would wait for two minutes
for n in $(seq "$tasks"); do
  isDone() { [ "$(stateOf "${job}_$n")" = COMPLETED ]; }
  await "task $n is completed" isDone
done
ended=$(date +%s.%N)
resumed=$(grep -o '[0-9]* signed before' said-3) || { echo 'error: the third task was not resumed' >&2; exit 1; }

licseal merge -o licences.ndjson --rejects rejects.ndjson part-*.ndjson 2>said-merge || [ $? = 4 ]
merged=$(date +%s.%N)
licseal sign -k vendor.key --batch customers.csv --from defaults.json --created 2026-12-01 --expires +365d \
  --rejects rejects-single.ndjson -o single.ndjson 2>said-single || [ $? = 4 ]
cmp licences.ndjson single.ndjson
licseal register new issued >/dev/null
licseal register import --register issued -t vendor.key.pub licences.ndjson >/dev/null 2>said-import
recorded=0
for n in $(seq "$tasks"); do
  recorded=$((recorded + $(licseal register export --register "issued-$n" | wc -l)))
done
[ "$recorded" = "$(wc -l <single.ndjson)" ] || { echo "error: $recorded licences are recorded" >&2; exit 1; }
[ "$(wc -l <rejects.ndjson)" = "$(wc -l <rejects-single.ndjson)" ] || { echo 'error: other rejects' >&2; exit 1; }
awk -v rows="$rows" -v n="$(wc -l <single.ndjson)" -v left="$left" -v resumed="$resumed" -v a="$began" -v b="$ended" -v c="$merged" 'BEGIN {
  printf "%d rows in 8 tasks: %d licences, %.1f s with a task killed after %d lines and resumed (%s), merged in %.1f s: the file of a single run\n", rows, n, b - a, left, resumed, c - b }'
