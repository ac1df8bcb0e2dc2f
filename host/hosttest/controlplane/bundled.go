// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
)

// bundled is the binary of cmd/control-plane, which is both servers.
type bundled struct{ path string }

func (b bundled) start(ctx context.Context, r request) (*process, error) {
	stdout := &firstLine{complete: make(chan struct{})}
	cmd := exec.Command(b.path, bundledArgs(r)...)
	cmd.Stdout = stdout
	p, err := spawn(cmd)
	if err != nil {
		return nil, err
	}
	p.ask = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	select {
	case <-stdout.complete:
		return p, nil
	case <-p.done:
		return nil, cmp.Or(p.err, errEarly)
	case <-ctx.Done():
		stopErr := p.stop()
		return nil, fmt.Errorf("not ready: %w", errors.Join(context.Cause(ctx), stopErr))
	}
}

func bundledArgs(r request) []string {
	args := []string{
		"up",
		"--data-dir=" + string(r.dir),
		"--port=" + strconv.Itoa(r.Port),
		"--feature-gates=" + r.FeatureGates,
		"--audit-log=" + r.AuditLog,
		"--enable-service-account-admission=" + strconv.FormatBool(r.ServiceAccountAdmission),
		"--exit-with-parent",
		"--remove-data-with-parent=" + strconv.FormatBool(r.temporary),
		"--",
	}
	return append(args, r.APIServerArgs...)
}

// firstLine is a writer that waits for a line break and ignores the rest: the
// binary prints one line, when it is ready. Only the child's copier writes.
type firstLine struct {
	complete chan struct{} // closed at the line break
	seen     bool
}

func (f *firstLine) Write(p []byte) (int, error) {
	if !f.seen && bytes.IndexByte(p, '\n') >= 0 {
		f.seen = true
		close(f.complete)
	}
	return len(p), nil
}
