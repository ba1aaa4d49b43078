// SPDX-License-Identifier: GPL-2.0-only
/* Takes a number and nothing else. */
#include <linux/module.h>

static unsigned int count;
module_param(count, uint, 0444);

MODULE_DESCRIPTION("A number wanted");
MODULE_LICENSE("GPL");
