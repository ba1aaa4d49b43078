// SPDX-License-Identifier: GPL-2.0-only
/* Takes the last virtio disk off its bus and finds it again after wait= milliseconds, as a
 * USB disk or a slow controller would come. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

static unsigned int wait = 5000;
module_param(wait, uint, 0444);
MODULE_PARM_DESC(wait, "milliseconds that the disk is away");

static struct pci_bus *bus;

static void
find_again(struct work_struct *work)
{
	pci_lock_rescan_remove();
	pci_rescan_bus(bus);
	pci_unlock_rescan_remove();
	pr_info("looked again\n");
}

static DECLARE_DELAYED_WORK(again, find_again);

static int __init
late_disk_init(void)
{
	struct pci_dev *dev = NULL, *last = NULL;

	while ((dev = pci_get_device(PCI_VENDOR_ID_REDHAT_QUMRANET, PCI_ANY_ID, dev))) {
		if (dev->class >> 8 != PCI_CLASS_STORAGE_SCSI)
			continue;
		pci_dev_put(last);
		last = pci_dev_get(dev);
	}
	if (!last)
		return -ENODEV;
	bus = last->bus;
	pr_info("takes %s away\n", pci_name(last));
	pci_stop_and_remove_bus_device_locked(last);
	pci_dev_put(last);
	schedule_delayed_work(&again, msecs_to_jiffies(wait));
	return 0;
}

static void __exit
late_disk_exit(void)
{
	cancel_delayed_work_sync(&again);
}

module_init(late_disk_init);
module_exit(late_disk_exit);

MODULE_DESCRIPTION("A disk that comes late");
MODULE_LICENSE("GPL");
