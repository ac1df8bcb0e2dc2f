// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// processes are several whose use of the machine is added up. They share a log.
type processes struct {
	log string
	all []*process
}

// start starts one more.
func (p *processes) start(command *exec.Cmd) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	command.Stdout, command.Stderr = log, log
	one, err := startProcess(command)
	if err == nil {
		p.all = append(p.all, one)
	}
	return err
}

// stop ends them.
func (p *processes) stop() error {
	failures := make([]error, len(p.all))
	_ = each(len(p.all), func(i int) error { // has no errors
		failures[i] = p.all[i].stop()
		return nil
	})
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(p.log))
	}
	return nil
}

// memory tells the resident memory of all, and in what proportion they share it
// with each other and themselves.
func (p *processes) memory(set func(figure string, value float64)) error {
	figures := map[string]float64{}
	for _, one := range p.all {
		for figure, measure := range map[string]func() (float64, error){"rss": one.rss, "pss": one.pss} {
			value, err := measure()
			if err != nil {
				return err
			}
			figures[figure] += value
		}
	}
	for figure, value := range figures {
		set(figure, value)
	}
	return nil
}
