# What `make demo` shows: services start, the image checks itself, and it powers off.
timeout 180
expect "pid1: boot complete"
expect "content id ${content_id}"
expect "selfcheck: passed"
run ps -> 0
send poweroff
expect "reboot: Power down"
