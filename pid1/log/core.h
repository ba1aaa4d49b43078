/* SPDX-License-Identifier: ISC */
#ifndef PID1_CORE_H
#define PID1_CORE_H

struct config;

/*
 * "/init core PID LIMIT", started by the kernel with a core on standard input (core(5)):
 * puts it into the store if the service that PID belongs to asks for cores, cut at the
 * least of its LimitCORE=, the limit and half the store. An exit status.
 */
int core_main(const struct config *config, char **arguments, int count);

#endif
