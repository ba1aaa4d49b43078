# All of the robot runs, each in its slice; the loop reports itself; what eats stays within its limits.
timeout 240
expect "pid1: firewall: loaded"
expect "pid1: link eth0: up"
expect "pid1: link wg0: /data/wireguard.key: No such file or directory"
expect "selfcheck: passed" 180
expect "control: [0-9]+ cycles, worst [0-9]+ us late" 120
run svc status control | grep -q "running *critical" -> 0
run svc status sensor | grep -q "running *services" -> 0
run svc status planner | grep -q "running *services" -> 0
run svc status speculate | grep -q "running *speculative" -> 0
run test $(cat /sys/fs/cgroup/speculative/speculate/cpu.idle /sys/fs/cgroup/speculative/cpu.idle 2>/dev/null | grep -c 1) -ge 1 -> 0
run test $(cat /sys/fs/cgroup/speculative/speculate/memory.current) -le 33554432 -> 0
run until svc status | grep -q "^health *healthy"; do sleep 1; done -> 0
run cat /sys/class/net/eth0/operstate | grep -qx up -> 0
run cat /sys/class/watchdog/watchdog0/state | grep -qx active -> 0
run svc status telemetry | grep -q running -> 0
run svc status outbox | grep -q running && test -k /run/outbox/critical -> 0
# How it ended is known without a disk, too.
reset
expect "pid1: last boot ended: cut$" 120
