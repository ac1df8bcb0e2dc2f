// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"encoding/binary"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
)

func hostCases() []hostCase {
	cases := append(deliveryCases(), takeCases()...)
	cases = append(append(cases, trapCases()...), answerCases()...)
	return append(cases, hostCase{
		reason: "the guest has one argument, whatever it is",
		script: run(countArguments(), report(resultsAt, 4)),
		want:   []seen{{"event", "\x01\x00\x00\x00"}},
	})
}

// request is three bytes of the canvas, and buffer is where its results go.
const (
	requestAt = canvasAt
	bufferAt  = canvasAt + 16
)

// get is a call of get with that request and a buffer of so many bytes.
func get(limit uint32) string { return operate(abi.OpGet, requestAt, 3, bufferAt, limit) }

var getSeen = seen{"get", paint + paint + paint}

// canvas is what a report of 64 bytes of the canvas is after text was written
// to the buffer.
func canvas(text string) seen {
	return seen{"event", strings.Repeat(paint, 16) + text + strings.Repeat(paint, 48-len(text))}
}

func reportCanvas() string { return report(canvasAt, 64) }

// results is what a report of these results of host functions is.
func results(values ...uint64) seen {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return seen{"event", string(b)}
}

func reportResults(n uint32) string { return report(resultsAt, 8*n) }

// deliveryCases are about results that fit.
func deliveryCases() []hostCase {
	fits := hostCase{
		reason: "each operation gets the request and returns status and length",
	}
	var commands []string
	var packed []uint64
	for op := range abi.Operation(abi.Operations) {
		if op == abi.OpTake || op == abi.OpLogEnabled || op == abi.OpEvent {
			continue
		}
		status := abi.Status(10 + op) // also ones that this version does not have
		commands = append(commands, operate(op, requestAt, 3, bufferAt, 8))
		fits.answers = append(fits.answers, answer{status, "abc"})
		fits.want = append(fits.want, seen{op.String(), paint + paint + paint})
		packed = append(packed, abi.PackResult(status, 3))
	}
	fits.script = run(append(commands, reportResults(uint32(len(packed))))...)
	fits.want = append(fits.want, results(packed...))
	return []hostCase{
		fits,
		{
			reason:  "a result that fits exactly leaves the bytes around it alone",
			script:  run(get(5), reportCanvas(), reportResults(1)),
			answers: []answer{{abi.StatusOK, "hello"}},
			want:    []seen{getSeen, canvas("hello"), results(5)},
		},
		{
			reason:  "a result shorter than the buffer leaves the rest of it alone",
			script:  run(get(40), reportCanvas(), reportResults(1)),
			answers: []answer{{abi.StatusConflict, "hello"}},
			want:    []seen{getSeen, canvas("hello"), results(abi.PackResult(abi.StatusConflict, 5))},
		},
		{
			reason:  "an empty range may have any address",
			script:  run(operate(abi.OpDelete, 0xffff_ffff, 0, 0xffff_ffff, 0), reportResults(1)),
			answers: []answer{{abi.StatusOK, ""}},
			want:    []seen{{"delete", ""}, results(0)},
		},
		{
			reason:  "a buffer may end where the memory ends",
			script:  run(operate(abi.OpGet, requestAt, 3, memoryEnd-5, 5), report(memoryEnd-5, 5)),
			answers: []answer{{abi.StatusOK, "hello"}},
			want:    []seen{getSeen, {"event", "hello"}},
		},
		{
			reason:  "memory that the guest has grown is memory",
			script:  run(growBy(16), operate(abi.OpGet, requestAt, 3, memoryEnd+0x80000, 5), report(memoryEnd+0x80000, 5)),
			answers: []answer{{abi.StatusOK, "hello"}},
			want:    []seen{getSeen, {"event", "hello"}},
		},
		{
			reason: "log_enabled answers 1 or 0",
			script: run(operate(abi.OpLogEnabled, uint32(abi.LevelError)), operate(abi.OpLogEnabled, uint32(abi.LevelInfo)), reportResults(2)),
			want:   []seen{{"log_enabled", ""}, {"log_enabled", ""}, results(1, 0)},
		},
	}
}

// takeCases are about results that do not fit.
func takeCases() []hostCase {
	long := strings.Repeat("0123456789", 3)
	take := func(limit uint32) string { return operate(abi.OpTake, bufferAt, limit) }
	return []hostCase{
		{
			reason:  "of a result that does not fit nothing is written",
			script:  run(get(29), reportResults(1), reportCanvas()),
			answers: []answer{{abi.StatusOK, long}},
			want:    []seen{getSeen, results(30), canvas("")},
		},
		{
			reason:  "take brings what did not fit, and asking whether to log does not lose it",
			script:  run(get(29), operate(abi.OpLogEnabled), take(30), reportCanvas()),
			answers: []answer{{abi.StatusConflict, long}},
			want:    []seen{getSeen, {"log_enabled", ""}, canvas(long)},
		},
		{
			reason:  "take answers with status ok and the length, and only once",
			script:  run(get(0), take(48), take(0), reportResults(2)),
			answers: []answer{{abi.StatusConflict, long}},
			want:    []seen{getSeen, results(abi.PackResult(abi.StatusConflict, 30), 30)},
		},
		{
			reason:  "what does not fit into take's buffer either stays",
			script:  run(get(0), take(29), operate(abi.OpTake, canvasAt+64, 30), reportResults(3), reportCanvas(), report(canvasAt+64, 30)),
			answers: []answer{{abi.StatusOK, long}},
			want:    []seen{getSeen, results(30, 30, 30), canvas(""), {"event", long}},
		},
		{
			reason:  "the next operation forgets what was kept",
			script:  run(get(0), operate(abi.OpLog, requestAt, 3), take(0), report(resultsAt+20, 4)),
			answers: []answer{{abi.StatusOK, long}, {abi.StatusOK, ""}},
			want:    []seen{getSeen, {"log", paint + paint + paint}, {"event", "\x0b\x00\x00\x00"}},
		},
		{
			reason: "take without a kept result is a bad request",
			script: run(take(0), report(resultsAt+4, 4)),
			want:   []seen{{"event", "\x0b\x00\x00\x00"}},
		},
	}
}

// trapCases are addresses outside of the memory: a trap, before the operation
// has any effect.
func trapCases() []hostCase {
	trapping := func(reason, command string) hostCase {
		return hostCase{reason: reason + " traps and has no effect", script: run(command), fails: true}
	}
	return []hostCase{
		trapping("a request outside of the memory", operate(abi.OpCreate, memoryEnd, 1, bufferAt, 8)),
		trapping("a request that begins inside and ends outside", operate(abi.OpCreate, memoryEnd-2, 3, bufferAt, 8)),
		trapping("a request that wraps around", operate(abi.OpCreate, 0xffff_fff0, 0x20, bufferAt, 8)),
		trapping("a request of four gigabytes", operate(abi.OpCreate, 1, 0xffff_ffff, bufferAt, 8)),
		trapping("a buffer outside of the memory", operate(abi.OpCreate, requestAt, 3, memoryEnd, 1)),
		trapping("a buffer that begins inside and ends outside", operate(abi.OpCreate, requestAt, 3, memoryEnd-2, 3)),
		trapping("a buffer that wraps around", operate(abi.OpCreate, requestAt, 3, 0xffff_fff0, 0x20)),
		trapping("a log line outside of the memory", operate(abi.OpLog, memoryEnd, 1)),
		trapping("a buffer of take outside of the memory", operate(abi.OpTake, memoryEnd, 1)),
		trapping("unreachable", trap()),
	}
}

// answerCases are about what the guest returns.
func answerCases() []hostCase {
	return []hostCase{
		{reason: "no bytes are an outcome: done", script: run(answerAt(0, 0))},
		{reason: "no bytes have any address", script: run(answerAt(0xffff_ffff, 0))},
		{reason: "an outcome", script: run(answerAt(0x500, 2)), outcome: abi.Outcome{Verdict: abi.VerdictTerminal}},
		{reason: "an outcome outside of the memory is an error", script: run(answerAt(memoryEnd-1, 2)), fails: true},
		{reason: "an outcome that wraps around is an error", script: run(answerAt(0xffff_ffff, 2)), fails: true},
		{reason: "an outcome that is none is an error", script: run(answerAt(canvasAt, 16)), fails: true},
		{reason: "no memory for the request is an error", script: script(strings.Repeat(" ", 0x9000)), fails: true},
		{reason: "memory for the request outside of the memory is an error", script: script(strings.Repeat(" ", 0x5000)), fails: true},
	}
}
