/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/net/netlink.c"

#include "pid1/net/address.c"

static struct netlink_message m;

static int
read_one(struct config_prefix *prefix)
{
	const uint8_t *data = m.data;
	size_t size = m.size;

	return address_read(netlink_next(&data, &size), prefix);
}

static void
test_address_own_end_of_link_told(void **state)
{
	const struct ifaddrmsg header = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 3};
	struct config_prefix prefix;
	char text[ADDRESS_TEXT];

	(void)state;
	netlink_begin(&m, RTM_NEWADDR, 0, &header, sizeof(header));
	netlink_put(&m, IFA_ADDRESS, "\xc0\x00\x02\x02", 4);
	netlink_put(&m, IFA_LOCAL, "\xc0\x00\x02\x01", 4);
	assert_int_equal(read_one(&prefix), 3);
	assert_string_equal(address_text(&prefix, text), "192.0.2.1/24");
}

static void
test_address_longest_text_fits(void **state)
{
	const struct ifaddrmsg header = {
		.ifa_family = AF_INET6, .ifa_prefixlen = 128, .ifa_index = 1};
	struct config_prefix prefix;
	char text[ADDRESS_TEXT];
	uint8_t bytes[16];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	netlink_begin(&m, RTM_NEWADDR, 0, &header, sizeof(header));
	netlink_put(&m, IFA_ADDRESS, bytes, sizeof(bytes));
	assert_int_equal(read_one(&prefix), 1);
	assert_string_equal(address_text(&prefix, text),
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void
test_address_other_message_left_alone(void **state)
{
	struct ifaddrmsg header = {.ifa_family = AF_INET, .ifa_index = 1};
	struct config_prefix prefix;

	(void)state;
	/* too short an address */
	netlink_begin(&m, RTM_NEWADDR, 0, &header, sizeof(header));
	netlink_put(&m, IFA_ADDRESS, "\xc0\x00", 2);
	assert_int_equal(read_one(&prefix), 0);
	netlink_begin(&m, RTM_NEWADDR, 0, &header, 4);
	assert_int_equal(read_one(&prefix), 0);
	header.ifa_family = AF_PACKET;
	netlink_begin(&m, RTM_NEWADDR, 0, &header, sizeof(header));
	assert_int_equal(read_one(&prefix), 0);
	netlink_begin(&m, RTM_DELADDR, 0, &header, sizeof(header));
	assert_int_equal(read_one(&prefix), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_own_end_of_link_told),
		cmocka_unit_test(test_address_longest_text_fits),
		cmocka_unit_test(test_address_other_message_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
