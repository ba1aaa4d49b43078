/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_VERBS_H
#define BUILDER_VERBS_H

/*
 * One function a verb, in cmd_<verb>.c. argv[0] is the verb; options that every verb
 * knows are already gone from argv (see options.h). Returns the exit status: 0 ok, 1
 * failed, 2 usage.
 */
int cmd_build(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_disk(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_fetch(int argc, char **argv);
int cmd_id(int argc, char **argv);
int cmd_keygen(int argc, char **argv);
int cmd_lock(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_root(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_test(int argc, char **argv);

#endif
