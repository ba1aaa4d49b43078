# It comes back: after the reset button, and after a reboot of its own.
timeout 180
expect "selfcheck: passed$"
reset
expect "selfcheck: passed$"
run true -> 0
send reboot
expect "pid1: reboot$"
expect "selfcheck: passed$"
run true -> 0
