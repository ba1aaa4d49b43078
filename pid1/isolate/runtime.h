/* SPDX-License-Identifier: ISC */
#ifndef PID1_RUNTIME_H
#define PID1_RUNTIME_H

struct config;

/*
 * Makes the folders of all services' RuntimeDirectory= in /run, each with its service's
 * owner. Once, before the first service: so one may bind what another one will write.
 */
void runtime_setup(const struct config *config);

#endif
