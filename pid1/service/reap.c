/* SPDX-License-Identifier: ISC */
#include "reap.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

bool
reap_pass(void (*ended)(const struct reap_end *end), bool (*held)(void))
{
	for (int i = 0; i < REAP_PASS; i++) {
		const bool hold = held();
		siginfo_t info = {.si_pid = 0};
		struct reap_end end;

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | (hold ? WNOWAIT : 0)) <
				0 ||
			info.si_pid == 0)
			return false;
		end = (struct reap_end){
			.pid = info.si_pid,
			.killed = info.si_code != CLD_EXITED,
			.value = info.si_status,
			.gone = !hold,
		};
		ended(&end);
		while (hold &&
			waitid(P_PID, (id_t)end.pid, &info, WEXITED | WNOHANG) < 0 &&
			errno == EINTR)
			;
	}
	return true;
}

bool
reap_is_clean(const struct reap_end *end)
{
	if (!end->killed)
		return end->value == 0;
	return end->value == SIGHUP || end->value == SIGINT || end->value == SIGTERM ||
	       end->value == SIGPIPE;
}
