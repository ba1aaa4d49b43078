# By itself it knows no slots: its kernel carries pid1. What it does for a board with slots is tested with
# such a board's disk, not here.
timeout 120
expect "pid1: board ${board}, content id ${content_id}"
expect "pid1: boot complete"
reset
expect "pid1: board ${board}, content id ${content_id}"
expect "pid1: boot complete"
