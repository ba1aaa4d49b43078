// SPDX-License-Identifier: GPL-2.0-only
/* Says a name when it is loaded and when it is taken out: insmod hello_module.ko name=you
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

static char *name = "world";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "who is greeted");

static int __init
hello_module_init(void)
{
	pr_info("hello, %s\n", name);
	return 0;
}

static void __exit
hello_module_exit(void)
{
	pr_info("bye, %s\n", name);
}

module_init(hello_module_init);
module_exit(hello_module_exit);

MODULE_DESCRIPTION("A template for a driver of your own");
MODULE_LICENSE("GPL");
