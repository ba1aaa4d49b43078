# SPDX-License-Identifier: ISC
# Boards with a watchdog and a store for the reason, and a pid1 that breaks when it is told to.
package Power;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(power_board breakable @dog);
our @dog = ('-device', 'i6300esb', '-watchdog-action', 'reset');

# Lines for board.ini; more keys of [watchdog].
sub power_board {
	my ($watchdog) = @_;
	my $text = "selfcheck = no\n[reason]\nstore = /dev/vda\n";

	$text .= "[kernel]\ncmdline = console=ttyS0 panic=5 noinitrd printk.devkmsg=on watchdog.stop_on_reboot=0\n"
		. "[watchdog]\ndevice = /dev/watchdog0\n$watchdog" if defined $watchdog;
	return $text;
}

# Edits that make pid1 do what stands in /run/fault, once SIGCHLD has woken its loop.
sub breakable {
	my $code = <<'END';
static __attribute__((noinline)) int
overflow(volatile char *below)
{
	volatile char frame[4096];

	frame[0] = *below;
	return overflow(frame) + frame[0];
}

static void
break_now(void)
{
	static volatile int zero;
	char what[16] = "";
	int fd = open("/run/fault", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Empty: the shell is still at it. */
	if (read(fd, what, sizeof(what) - 1) <= 0)
		what[0] = '\0';
	close(fd);
	if (!what[0])
		return;
	unlink("/run/fault");
	what[strcspn(what, "\n")] = '\0';
	if (strcmp(what, "stall") == 0)
		for (;;)
			pause();
	if (strcmp(what, "segv") == 0)
		*(volatile int *)16 = 1;
	if (strcmp(what, "bus") == 0) {
		fd = open("/run/short", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		*(volatile char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) = 1;
	}
	if (strcmp(what, "ill") == 0)
		__builtin_trap();
	if (strcmp(what, "fpe") == 0)
		zero = 7 / zero;
	if (strcmp(what, "stack") == 0)
		overflow(what);
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "exit") == 0)
		exit(3);
	if (strcmp(what, "gone") == 0)
		_exit(3);
}

END
	return {
		# A store that does not answer any more, once /run/dead is there.
		'power/reason.c' => sub {
			s/^(\toff_t at = .*\n)/$1\n\tif (access("\/run\/dead", F_OK) == 0)\n\t\tfor (;;)\n\t\t\tpause();/m;
		},
		'loop.c' => sub {
			s/^(#include "loop\.h"\n)/$1#include <fcntl.h>\n#include <stdlib.h>\n#include <sys\/mman.h>\n/m;
			s/^(void\nloop_run\()/$code$1/m;
			s/^(\t\tguard_advance\()/\t\tbreak_now();\n$1/m;
		},
	};
}

1;
