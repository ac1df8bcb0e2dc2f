// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
	"github.com/wasm-controller-manager/wcm/host/wasm"
)

// What a compile child gets and gives, each one line of JSON: a request on its
// standard input, behind which the module follows, and a verdict on its
// standard output. Its working directory is the stage.
type (
	request struct {
		Process confine.Limits
		Module  wasm.Limits
		Size    int  // of the module
		Keep    bool // whether the working directory is a stage
	}
	verdict struct {
		Reason  Reason // the module is refused, with the sentence
		Refusal string
		Store   string   // it compiles, but cannot be kept: why
		Failure string   // the child could not begin: why
		Missing []string // limits that this machine does not have
	}
)

const (
	maxRequest = 4 << 10 // bytes of a line
	maxVerdict = 16 << 10
)

// The limits of a compile child beside time and memory.
const (
	childFileSize = 1 << 30
	childFiles    = 32
)

// The defaults of [Options].
const (
	defaultCompileTimeout = time.Minute
	defaultCompileMemory  = 2 << 30
)

// patience is how many times the processor time of a compilation may go by on
// the clock: a busy machine is no fault of the module.
const patience = 10

// child compiles in processes of their own.
type child struct {
	arguments []string
	timeout   time.Duration
	memory    int64
}

// build is [build] in a process. Missing is what the process could not give up.
func (c *child) build(ctx context.Context, file []byte, limits wasm.Limits, stage string) (u confine.Usage, missing []string, err error) {
	header, err := json.Marshal(request{Size: len(file), Keep: stage != "", Module: limits, Process: confine.Limits{
		Memory: c.memory, CPU: c.timeout, FileSize: childFileSize, Files: childFiles,
	}})
	if err != nil {
		return confine.Usage{}, nil, err
	}
	answer, usage, err := confine.Run(ctx, confine.Command{
		Arguments: c.arguments,
		Dir:       stage,
		Input:     io.MultiReader(bytes.NewReader(append(header, '\n')), bytes.NewReader(file)),
		Timeout:   patience * c.timeout,
		CPU:       c.timeout,
		MaxOutput: maxVerdict,
	})
	if death, died := errors.AsType[*confine.DeathError](err); died {
		return usage, nil, c.obituary(death)
	} else if err != nil {
		return usage, nil, err
	}
	var v verdict
	if err := json.Unmarshal(answer, &v); err != nil {
		return usage, nil, fmt.Errorf("compile child: verdict %q: %w", plain(string(answer), maxText), err)
	}
	return usage, v.Missing, v.err()
}

func (v *verdict) err() error {
	switch {
	case v.Failure != "":
		return errors.New("compile child: " + v.Failure)
	case v.Reason != "":
		return &RefusedError{Reason: v.Reason, Cause: errors.New(v.Refusal)}
	case v.Store != "":
		return &storeError{errors.New(v.Store)}
	}
	return nil
}

// obituary is the refusal of a module that was its compiler's death.
func (c *child) obituary(d *confine.DeathError) error {
	switch d.Death {
	case confine.Time:
		return refuse(NoTime, "cannot be compiled within the limit of %v of processor time", c.timeout)
	case confine.Memory:
		return refuse(NoMemory, "cannot be compiled within the limit of %d MiB of memory: %s", c.memory>>20, plain(d.Text, maxText))
	}
	return refuse(CompilerCrash, "cannot be compiled: the compiler crashes: %s", plain(d.Text, maxText))
}
