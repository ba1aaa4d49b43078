# The machine switches itself off, its services stopped before.
timeout 180
expect "selfcheck: passed$"
send poweroff
expect "pid1: power-off$"
expect "reboot: Power down"
