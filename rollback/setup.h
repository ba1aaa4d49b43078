/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_SETUP_H
#define ROLLBACK_SETUP_H

#include "device.h"
#include "efi.h"
#include "evidence.h"
#include "launcher.h"
#include "lib/partuuid.h"
#include "roots.h"

#define SETUP_PATH "/etc/rollback.conf"

struct error;
struct ini;

/* Where a launcher lies that can be replaced. */
struct setup_launcher {
	char board[FILES_BOARD_SIZE]; /* its own; "": there is none */
	char name[LAUNCHER_COPIES][256]; /* as the settings have it */
	char path[LAUNCHER_COPIES][256]; /* as the kernel calls it today */
	struct block_file file[LAUNCHER_COPIES];
	struct device copies; /* launcher.h */
	bool open;
};

/* The device as rollback.conf describes it; rollback(8) has its keys. */
struct setup {
	struct device device;
	char slot_name[SLOT_COUNT][256], state_name[256]; /* as the settings have them */
	char slot_path[SLOT_COUNT][256], state_path[256]; /* as the kernel does today */
	char content_path[256];
	struct partuuid disks; /* those that do not answer are asked once */
	char note[256]; /* on a name that two disks have, or "" */
	uint64_t unit; /* bytes from one copy of the state to the next */
	unsigned copies;
	struct evidence_paths evidence;
	char svc_path[256]; /* the program that asks pid1 */
	bool launcher; /* the boot method: a launcher picks the slot */
	bool firmware; /* the boot method: UEFI firmware's boot entries do */
	unsigned ways; /* of a trial, unless it is said: TRIAL_KEXEC, TRIAL_COLD */
	bool guarded; /* the firmware arms a watchdog before it loads anything */
	struct block_file slot[SLOT_COUNT], state;
	struct root root; /* that of the image */
	struct roots roots;
	struct efi_vars_folder vars;
	struct efi efi;
	struct setup_launcher launcher_copies;
	bool open, boot_open;
};

/* Reads the file; 0 or -errno with e. */
int setup_read(struct setup *setup, const char *path, struct error *e);

/* Section [keys], for setup_read(). */
int setup_keys(struct ini *ini, const char *board, struct root *root, struct error *e);

/* Section [launcher], for setup_read(). */
int setup_launcher(struct ini *ini, struct setup_launcher *launcher, struct error *e);

/* A key that has to be there and be an absolute path, for them all; 0 or -EINVAL with e. */
int setup_path(struct ini *ini, const char *section, const char *key, char path[256],
	struct error *e);

/* The same for a device, which PARTUUID=GUID may name, too. */
int setup_device(struct ini *ini, const char *section, const char *key, char name[256],
	struct error *e);

/* The path today of a device that the settings name; 0, -ENOENT or -errno with e. */
int setup_find(struct setup *setup, const char *name, char path[256], struct error *e);

/* Waits until the devices of slots and state are there, though not for long. */
void setup_wait(struct setup *setup);

/* Opens slots and state, to write or only to read; 0, -EBUSY, or -errno with e. */
int setup_open(struct setup *setup, bool writable, struct error *e);

/* The same for a launcher, which starts what is whole whatever else is wrong: say is told of
 * what cannot be opened, or only be read. Without a state that can be read it is lost. */
void setup_open_launch(struct setup *setup, void (*say)(const char *line));

/* Where the firmware starts the slots: its variables, which follow the state from now on.
 * 0 or -errno with e. */
int setup_open_boot(struct setup *setup, struct error *e);

/* Opens the launcher's copies to write: 1, 0 if none can be replaced here, or -errno with
 * e. setup_close() closes them. */
int setup_open_launcher(struct setup *setup, struct error *e);

/* For setup_close(). */
void setup_close_launcher(struct setup *setup);

void setup_close(struct setup *setup);

#endif
