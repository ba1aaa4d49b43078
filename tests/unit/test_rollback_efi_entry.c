/* SPDX-License-Identifier: ISC */
/* The firmware's boot entries and their order, as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rollback/efi_entry.h"

/* As the specification has it: UEFI 2.10, 3.1.3, 10.3.5.1, 10.3.5.4. */
static const uint8_t bytes[] = {1, 0, 0, 0, 74, 0, 'I', 0, 'n', 0, 'g', 0, 'o', 0, 't', 0,
	' ', 0, 'b', 0, 0, 0, 4, 1, 42, 0, 2, 0, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 2, 2, 4, 4,
	28, 0, '\\', 0, 'i', 0, 'n', 0, 'g', 0, 'o', 0, 't', 0, '.', 0, 'e', 0, 'f', 0,
	'i', 0, 'x', 0, 0, 0, 0x7f, 0xff, 4, 0};

static void
test_efi_entry_is_the_specifications(void **state)
{
	struct efi_entry entry = {.attributes = 1,
		.description = "Ingot b",
		.partition = {.number = 2, .first = 0x4800, .blocks = 0x20000},
		.file = "\\ingot.efix"};
	uint8_t packed[EFI_ENTRY_MAX], longer[sizeof(bytes) + 1] = {0};
	struct efi_entry back;

	(void)state;
	for (uint8_t i = 0; i < GPT_GUID; i++)
		entry.partition.guid[i] = i;
	assert_int_equal(efi_entry_pack(&entry, packed, sizeof(packed)), sizeof(bytes));
	assert_memory_equal(packed, bytes, sizeof(bytes));
	assert_int_equal(efi_entry_pack(&entry, packed, sizeof(bytes) - 1), 0);
	assert_true(efi_entry_parse(&back, bytes, sizeof(bytes)));
	assert_memory_equal(&back, &entry, sizeof(entry));
	for (size_t size = 0; size < sizeof(bytes); size++)
		assert_false(efi_entry_parse(&back, bytes, size));
	memcpy(longer, bytes, sizeof(bytes));
	assert_false(efi_entry_parse(&back, longer, sizeof(longer)));
}

static void
test_efi_order_keeps_what_is_foreign(void **state)
{
	struct efi_order order = {.number = {7, 1, 9, 2, 8}, .count = 5};
	struct efi_order first = {.number = {2}, .count = 1};
	struct efi_order ours = {.number = {1, 2, 8}, .count = 3};
	const uint16_t want[] = {2, 7, 9};
	uint8_t odd[3] = {0};

	(void)state;
	efi_order_move(&order, &first, &ours);
	assert_int_equal(order.count, 3);
	assert_memory_equal(order.number, want, sizeof(want));
	assert_false(efi_order_parse(&order, odd, sizeof(odd)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_efi_entry_is_the_specifications),
		cmocka_unit_test(test_efi_order_keeps_what_is_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
