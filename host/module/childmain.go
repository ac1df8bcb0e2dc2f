// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package module

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/wasm-controller-manager/wcm/host/module/confine"
)

// CompileMain is the main function of a compile child, for the arguments in
// [Options].Child: it gives up what compiling does not need, compiles the
// module on its standard input into its working directory, and writes the
// verdict. It returns the exit code.
func CompileMain(stdin io.Reader, stdout, stderr io.Writer) int {
	v, err := judge(stdin)
	if err == nil {
		err = json.NewEncoder(stdout).Encode(v)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func judge(stdin io.Reader) (*verdict, error) {
	in := bufio.NewReaderSize(stdin, maxRequest)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("the request: %w", err)
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("the request: %w", err)
	}
	v := &verdict{}
	missing, err := confine.Enter(r.Process)
	if err != nil {
		v.set(err)
		return v, nil
	}
	for _, m := range missing {
		v.Missing = append(v.Missing, m.Error())
	}
	file := make([]byte, r.Size)
	if _, err := io.ReadFull(in, file); err != nil {
		return nil, fmt.Errorf("the module: %w", err)
	}
	runtime.GOMAXPROCS(compileWorkers)
	stage := ""
	if r.Keep {
		stage = "."
	}
	v.set(build(context.Background(), file, r.Module, stage))
	return v, nil
}

func (v *verdict) set(err error) {
	refused, isRefused := errors.AsType[*RefusedError](err)
	unkept, isUnkept := errors.AsType[*storeError](err)
	switch {
	case isRefused:
		v.Reason, v.Refusal = refused.Reason, refused.Error()
	case isUnkept:
		v.Store = plain(unkept.Error(), maxText)
	case err != nil:
		v.Failure = plain(err.Error(), maxText)
	}
}
