#!/bin/sh
# shim.sh ATTEMPT_DIR argv...
#
# Runs one attempt and outlives the agent that started it. It promises three things: the job has ended at
# most one tick and one grace after its `deadline`, whoever else is dead; the job never blocks for ever or
# dies because its reader went away (this shell holds `out.fifo` open at both ends); and `exit` appears, by
# rename, only when the job's session has been killed empty. POSIX sh, because a Node one costs 40 MB per job.
#
# Files in ATTEMPT_DIR: deadline (read: /proc/uptime seconds, two decimals), agent (read: pid, start time),
# pid, expired, exit, log/tail (written). A deadline that cannot be read moves nothing: the last good one
# holds, and before the first good one the job has one grace to live.
# Environment, none of it passed on: SPIRAL_SHIM_TICK (seconds, may be 0.1), SPIRAL_SHIM_GRACE_CS
# (centiseconds between TERM and KILL), SPIRAL_SHIM_NICE, SPIRAL_SHIM_LEAVES (cgroups of the job, one a line,
# the one to kill by first; this shell stays outside, so that no limit of the job can hold it up),
# SPIRAL_SHIM_UID (user and group of the job alone, or empty), SPIRAL_SHIM_TASKS (what that user may run).
set -u
umask 077
attempt_dir=$1
shift
tick=${SPIRAL_SHIM_TICK:-1}
grace=${SPIRAL_SHIM_GRACE_CS:-1000}
niceness=${SPIRAL_SHIM_NICE:-0}
leaves=${SPIRAL_SHIM_LEAVES:-}
leaf=${leaves%%"
"*}
uid=${SPIRAL_SHIM_UID:-}
tasks=${SPIRAL_SHIM_TASKS:-4096}
unset SPIRAL_SHIM_TICK SPIRAL_SHIM_GRACE_CS SPIRAL_SHIM_NICE SPIRAL_SHIM_LEAVES SPIRAL_SHIM_UID SPIRAL_SHIM_TASKS
cd "$attempt_dir" && unset OLDPWD || exit 125

# A handler, not "ignore": an ignored signal would stay ignored in the job.
trap : HUP INT TERM

# Sets stat_pid, stat_state, stat_session and stat_start (field 22) from /proc/$1/stat; fails without it.
read_stat() {
  stat_text=
  while IFS= read -r stat_line; do stat_text=$stat_text$stat_line; done 2>/dev/null <"/proc/$1/stat" || return 1
  stat_pid=${stat_text%% *}
  # The name may hold spaces and parentheses: the fields begin behind the last one.
  # shellcheck disable=SC2086
  set -- ${stat_text##*) }
  [ $# -ge 20 ] || return 1
  stat_state=$1
  stat_session=$4
  stat_start=${20}
}

# Sets now to centiseconds since boot, suspend included.
read_uptime() {
  read -r uptime_text _ </proc/uptime
  now=${uptime_text%.*}${uptime_text#*.}
}

# A job that puts a fifo in the place of one of these files must not hold up its own end.
read_deadline() {
  [ -f deadline ] || return 0
  read -r deadline_text 2>/dev/null <deadline || return 0
  case $deadline_text in
  *[!0-9.]* | *.*.* | ???????????????*) ;;
  [0-9]*.[0-9][0-9]) deadline=${deadline_text%.*}${deadline_text#*.} ;;
  esac
}

# Whether the pid that `pid` names is still the job (or its zombie) and no later process of that number.
read_job() {
  read -r _ job job_start 2>/dev/null <pid && read_stat "$job" && [ "$stat_start" = "$job_start" ]
}

signal_job() {
  read_job && { kill -s "$1" -- "-$job" || kill -s "$1" "$job"; } 2>/dev/null
}

# Whether the shell that waits for the job is still there to report its end.
waiter_lives() {
  read_stat $$ && [ "$stat_start" = "$shim_start" ] && [ "$stat_state" != Z ]
}

# One tick, during which SIGUSR1 is heard at once.
nap() {
  sleep "$tick" &
  nap=$!
  wait "$nap"
}

# Ends the job when its deadline has passed or the waiting shell is gone; the waiting shell ends this one.
watch_deadline() {
  trap : HUP INT TERM
  trap 'kill -s KILL "$nap" && wait "$nap"; exit 0' USR1
  nap=
  while [ "$now" -lt "$deadline" ] && waiter_lives; do
    nap
    read_deadline
    read_uptime
  done
  [ -e expired ] || : >expired
  is_told=false
  # A machine that slept or stood still has spent the grace too: the job may have begun elsewhere.
  [ "$now" -lt "$deadline" ] && deadline=$now
  kill_at=$((deadline + grace))
  while [ "$now" -lt "$kill_at" ] && { waiter_lives || read_job; }; do
    # Once: to many programs a second TERM means "at once".
    [ "$is_told" = true ] || { signal_job TERM && is_told=true; }
    nap
    read_uptime
  done
  while waiter_lives || read_job; do
    signal_job KILL
    nap
  done
  kill_leftovers
  exit 0
}

# Puts this process, and so all that it will ever start, into the job's cgroups.
join_leaves() {
  set -f
  IFS='
'
  for each in $leaves; do echo 0 >"$each/cgroup.procs" || return 1; done
  unset IFS
  set +f
}

# Kills whatever is in the job's cgroup; fails when nobody is.
kill_leaf() {
  read -r member 2>/dev/null <"$leaf/cgroup.procs" || return 1
  if [ -e "$leaf/cgroup.kill" ]; then
    echo 1 >"$leaf/cgroup.kill"
  else
    while read -r member; do kill -s KILL "$member" 2>/dev/null; done <"$leaf/cgroup.procs"
  fi
}

# Kills all that the job's user runs; fails when that is nothing.
kill_user() {
  setpriv --reuid="$uid" --regid="$uid" --clear-groups -- sh -c 'kill -9 -1' 2>/dev/null
}

# Kills what the job left behind: everything in its cgroup or of its user or, without either, the members of its session and
# processes outside it that carry its mark. Fails when nothing was left. grep finds the candidates (a loop of reads costs 0.3 ms a process), read_stat
# judges them.
kill_leftovers() {
  [ -d "$leaf" ] && { kill_leaf; return; }
  [ -n "$uid" ] && { kill_user; return; }
  read -r _ job job_start 2>/dev/null <pid || return 1
  read_stat "$job" && [ "$stat_start" != "$job_start" ] && return 1
  found=1
  for candidate in $(
    grep -lsE -- "\) [^Z] [0-9]+ [0-9]+ $job " /proc/[0-9]*/stat
    grep -lsxzF -- "SPIRAL_ATTEMPT_DIR=$attempt_dir/job" /proc/[0-9]*/environ
  ); do
    candidate=${candidate#/proc/}
    read_stat "${candidate%%/*}" || continue
    [ "$stat_session" = $$ ] || [ "$stat_start" -lt "$job_start" ] && continue
    kill -s KILL "$stat_pid" 2>/dev/null && found=0
  done
  return "$found"
}

# A fifo dies with its last holder: without an agent to read them, the job's last words go to a file.
save_tail() {
  read -r agent agent_start 2>/dev/null <agent && read_stat "$agent" && [ "$stat_start" = "$agent_start" ] ||
    dd if=out.fifo of=log/tail bs=65536 count=16 iflag=nonblock 2>/dev/null
}

write_exit() {
  reason=exited
  [ -e expired ] && reason=deadline
  code=$1 signal=null
  [ "$1" -gt 128 ] && signal=$(kill -l "$1" 2>/dev/null) && code=null signal="\"SIG$signal\""
  read_uptime
  [ ! -e exit.new ] || rm -rf exit.new
  printf '{"code":%s,"signal":%s,"uptimeCs":%s,"reason":"%s"}\n' "$code" "$signal" "$now" "$reason" >exit.new &&
    mv -f exit.new exit
}

read_stat $$ && shim_start=$stat_start || exit 125
[ -p out.fifo ] || mkfifo -m 600 out.fifo || exit 125
# Before the job starts: whoever sees `pid` may count on the deadline that stood there.
read_uptime
deadline=$((now + grace))
read_deadline
# An agent that stood still between its decision and this start may have lost the lease to another node.
if [ "$now" -ge "$deadline" ]; then
  echo "its deadline had passed before it could be started" >&2
  exit 124
fi
# Before the fifo is opened: whoever else held it would keep its reader from seeing the end.
watch_deadline 2>/dev/null &
watcher=$!
exec 3<>out.fifo || exit 125
if [ -n "$uid" ]; then
  # So that the job may open /dev/stdout.
  chown "$uid" out.fifo || exit 125
  set -- prlimit --nproc="$tasks" -- setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs -- "$@"
fi

# Bulk work yields the disk too; whoever runs at normal niceness is being waited for.
[ "$niceness" -gt 0 ] && command -v ionice >/dev/null && set -- ionice -t -c 3 -- "$@"
# In the foreground: a background job of a shell without job control would run with SIGINT ignored.
# setsid(1) does not fork here, so the pid and start time written before the exec are the job's.
(
  join_leaves || exit 125
  read_stat self
  printf 'job %s %s\nshim %s %s\n' "$stat_pid" "$stat_start" $$ "$shim_start" >pid || exit 125
  echo 500 >/proc/self/oom_score_adj
  cd job && unset OLDPWD || exit 125
  exec setsid nice -n "$niceness" -- "$@" >&3 2>&3 3>&-
)
status=$?
kill -s USR1 "$watcher" && wait "$watcher"
kill_leftovers && kill_leftovers && kill_leftovers
save_tail
write_exit "$status"
