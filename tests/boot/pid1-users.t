#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# The board's users are there under their names, services run as them with their groups, nobody but root
# reads the passwords, and no password is one that was not given.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Device;
use Test::More;

my $device = device('users',
	services => { who => <<'END', pair => <<'END' },
[Service]
Type = oneshot
ExecStart = /bin/sh -c "id; echo home $$(grep ^robot: /etc/passwd | cut -d : -f 6,7); cat /etc/shadow"
User = robot
BindReadOnlyPaths = /bin /etc
END
[Unit]
After = who
[Service]
Type = oneshot
ExecStart = /bin/sh -c "echo pair $$(id -u) $$(id -g) $$(id -G)"
User = guest
Group = video
SupplementaryGroups = audio
BindReadOnlyPaths = /bin /etc
END
	board => <<'END');
[users]
root = 0 shell=/bin/sh
robot = 1000 100 home=/data shell=/bin/sh groups=video
guest = 1001 password=$6$salt$U8kT6lWlWw1Wc0
[groups]
video = 44
audio = 63
END
play($device, <<'END');
expect "uid=1000\(robot\) gid=100(\([a-z]+\))? groups=(100(\([a-z]+\))?,)?44\(video\)"
expect "home /data:/bin/sh"
expect "cat: can't open '/etc/shadow': Permission denied"
expect "pair 1001 44 44 63"
run test "$(stat -c '%a %u %g' /etc/shadow)" = "600 0 0" -> 0
run test "$(stat -c '%a %u %g' /etc/passwd /etc/group | tr '\n' ,)" = "644 0 0,644 0 0," -> 0
run grep '^guest:[$]6[$]salt[$]U8kT6lWlWw1Wc0:' /etc/shadow -> 0
# A star or an exclamation mark is what no password can be hashed to; nothing at all would be no password.
run test "$(grep -c '^[a-z]*:[*!]' /etc/shadow)" = "$(($(grep -c : /etc/shadow) - 1))" -> 0
run test "$(cut -d : -f 2 /etc/passwd | sort -u)" = x -> 0
run id robot | grep 'uid=1000(robot)' -> 0
END

done_testing();
