// SPDX-License-Identifier: GPL-2.0-only
/* Waits in its start for hardware that never answers. */
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/module.h>

static int __init
hangs_init(void)
{
	pr_info("hangs: waits\n");
	for (;;)
		msleep(100);
	return 0;
}

module_init(hangs_init);

MODULE_DESCRIPTION("A start that never ends");
MODULE_LICENSE("GPL");
