# pid1 and one program: it starts, and there is nothing else that could be started.
timeout 120
expect "pid1: board ${board}, content id ${content_id}"
expect "pid1: service hello: started, pid [0-9]+"
expect "pid1: boot complete"
reset
expect "pid1: board ${board}, content id ${content_id}"
expect "pid1: boot complete"
