/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_TELL_H
#define UPDATER_TELL_H

/* A line for the log, once for each change: a server that is down for a day is one line. */
__attribute__((format(printf, 1, 2))) void tell(const char *format, ...);

#endif
