# The image comes up by itself, is the one that was built, and its shell works.
timeout 180
expect "pid1: board ${board}, content id ${content_id}"
# The shell's prompt may stand before any of these.
expect "pid1: service hello: started, pid [0-9]+"
expect "(^|# )ok [0-9]+ - content id ${content_id}$"
expect "(^|# )ok [0-9]+ - root is read-only$"
expect "(^|# )ok [0-9]+ - command line is the image's own$"
expect "(^|# )ok [0-9]+ - no file from outside"
expect "(^|# )ok [0-9]+ - module hello_module is live$"
expect "(^|# )ok [0-9]+ - service hello has its limits$"
expect "(^|# )ok [0-9]+ - an orphan is reaped$"
expect "(^|# )ok [0-9]+ - clock is not before the image's epoch$"
expect "selfcheck: passed$"

timeout 30
run true -> 0
run false -> 1
run exit_with() { return 77; }; exit_with -> 77
run touch /intruder -> 1
run touch /tmp/mine /run/mine && ls -l /tmp/mine /run/mine -> 0
run grep -q '^hello_module ' /proc/modules -> 0
run test "$(cat /sys/fs/cgroup/services/hello/memory.max)" = 16777216 -> 0
run test "$(cat /sys/fs/cgroup/services/hello/pids.max)" = 8 -> 0
run for p in $(cat /sys/fs/cgroup/services/hello/cgroup.procs); do cat /proc/$p/comm; done | grep -qx hello -> 0
run test "$(hostname)" = ingot -> 0
run test "$(sha256sum </ingot/files | cut -c1-64)" = ${content_id} -> 0
