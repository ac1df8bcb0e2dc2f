// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Counts words: the guest of the differential test, in Zig. Built with
//
//	zig build-lib words.zig -target wasm32-freestanding -dynamic -rdynamic -O ReleaseSmall -fstrip --stack 65536 -femit-bin=words_zig.wasm
const std = @import("std");

const allocator = std.heap.wasm_allocator;

export fn alloc(n: usize) [*]u8 {
    return (allocator.alloc(u8, n) catch unreachable).ptr;
}

const Word = struct { text: []const u8, count: u32 };

fn before(_: void, a: Word, b: Word) bool {
    if (a.count != b.count) return a.count > b.count;
    return std.mem.lessThan(u8, a.text, b.text);
}

fn count(in: []const u8, out: *std.ArrayList(u8)) !void {
    var words = std.StringHashMap(u32).init(allocator);
    defer words.deinit();
    var parts = std.mem.splitScalar(u8, in, ' ');
    while (parts.next()) |word| {
        const entry = try words.getOrPut(word);
        entry.value_ptr.* = if (entry.found_existing) entry.value_ptr.* + 1 else 1;
    }
    var sorted = std.ArrayList(Word).init(allocator);
    defer sorted.deinit();
    var each = words.iterator();
    while (each.next()) |e| try sorted.append(.{ .text = e.key_ptr.*, .count = e.value_ptr.* });
    std.mem.sort(Word, sorted.items, {}, before);
    for (sorted.items) |w| try out.writer().print("{s}={d}\n", .{ w.text, w.count });
    const mean = @as(f64, @floatFromInt(in.len)) / @as(f64, @floatFromInt(sorted.items.len));
    try out.writer().print("mean {d:.6}", .{mean});
}

export fn run(address: [*]const u8, n: usize) u64 {
    var out = std.ArrayList(u8).init(allocator);
    count(address[0..n], &out) catch unreachable;
    return @as(u64, @intFromPtr(out.items.ptr)) << 32 | out.items.len;
}
