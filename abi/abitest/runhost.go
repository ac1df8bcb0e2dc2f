// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package abitest

import (
	"context"
	_ "embed"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
)

// wat2wasm is in the Debian package wabt.
//
//go:generate wat2wasm testdata/script.wat -o testdata/script.wasm
//go:embed testdata/script.wasm
var scriptGuest []byte

// Reconciler is one initialized instance of a guest in the host under test.
type Reconciler interface {
	// Reconcile passes a request to the guest. It returns an error if the
	// guest traps or breaks the contract.
	Reconcile(ctx context.Context, r abi.Request) (abi.Outcome, error)
}

// RunHost checks that a host keeps the contract. start makes an instance of
// the module wasm whose operations are answered by op; it fails t if it
// cannot, and closes the instance in a cleanup. It is called once for each
// test, and the module's description is valid.
func RunHost(t *testing.T, start func(t *testing.T, wasm []byte, op abi.Operator) Reconciler) {
	for _, c := range hostCases() {
		t.Run(c.reason, func(t *testing.T) {
			o := &scriptedOperator{answers: c.answers}
			h := start(t, scriptGuest, o)
			outcome, err := h.Reconcile(t.Context(), abi.Request{Name: "x", ID: string(c.script)})
			if c.fails != (err != nil) {
				t.Fatalf("Reconcile = %+v, %v; want an error: %t", outcome, err, c.fails)
			}
			if diff := cmp.Diff(c.want, o.seen); diff != "" {
				t.Errorf("operations, and what the guest reports in events: -want +got\n%s", diff)
			}
			if diff := cmp.Diff(c.outcome, outcome); err == nil && diff != "" {
				t.Errorf("outcome: -want +got\n%s", diff)
			}
		})
	}
}

// hostCase is one thing that a host does right.
type hostCase struct {
	reason  string
	script  script
	answers []answer // of the operations in their order, but for events
	want    []seen   // every operation as the operator gets it, events too
	outcome abi.Outcome
	fails   bool // Reconcile returns an error
}

// answer is what the operator says to one operation.
type answer struct {
	status abi.Status
	result string
}

// seen is one operation as the operator gets it.
type seen struct {
	Op      string
	Request string
}

// scriptedOperator gives prepared answers and notes what it is asked. Events
// are the guest's reports and answered with StatusOK. One instance is its
// only caller.
type scriptedOperator struct {
	answers []answer
	seen    []seen
}

func (o *scriptedOperator) Operate(_ context.Context, op abi.Operation, request, buffer []byte) (abi.Status, []byte) {
	o.seen = append(o.seen, seen{op.String(), string(request)})
	if op == abi.OpEvent || len(o.answers) == 0 {
		return abi.StatusOK, buffer
	}
	a := o.answers[0]
	o.answers = o.answers[1:]
	return a.status, append(buffer, a.result...)
}

// LogEnabled is true for warnings and errors.
func (o *scriptedOperator) LogEnabled(_ context.Context, level abi.Level) bool {
	o.seen = append(o.seen, seen{abi.OpLogEnabled.String(), ""})
	return level >= abi.LevelWarn
}

// script is a sequence of commands for the guest in testdata/script.wat.
type script string

const (
	resultsAt = 0x1000  // where the guest stores what host functions return
	canvasAt  = 0x2000  // 4096 bytes that nobody but the host writes
	memoryEnd = 0x40000 // at first
	paint     = "\xaa"  // what every byte of the canvas is
)

// run returns the commands one behind the other.
func run(commands ...string) script { return script(strings.Join(commands, "")) }

func command(letter byte, numbers ...uint32) string {
	const digits = "0123456789abcdef"
	b := []byte{letter}
	for i := range 4 {
		n := uint32(0)
		if i < len(numbers) {
			n = numbers[i]
		}
		for shift := 28; shift >= 0; shift -= 4 {
			b = append(b, digits[n>>shift&15])
		}
	}
	return string(b)
}

// operate calls the host function of op with the numbers as parameters.
func operate(op abi.Operation, numbers ...uint32) string { return command('a'+byte(op), numbers...) }

// report sends a range of the guest's memory as an event.
func report(address, length uint32) string { return operate(abi.OpEvent, address, length) }

func growBy(pages uint32) string { return command('+', pages) }

func answerAt(address, length uint32) string { return command('.', address, length) }

func trap() string { return command('!') }

func countArguments() string { return command('?') }
