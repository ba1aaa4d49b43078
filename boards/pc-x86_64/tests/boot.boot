# The image comes up by itself, and its shell works.
timeout 180
expect "pid1: board ${board}, content id ${content_id}"
expect "pid1: boot complete"
run test -d /sys/class/net/lo -> 0
