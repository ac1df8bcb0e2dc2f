// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// Group is several processes whose use of the machine is added up. They share
// the file of a log. Not safe for concurrent use.
type Group struct {
	Log string // its path
	all []*Process
}

// Start starts one more.
func (g *Group) Start(command *exec.Cmd) error {
	log, err := os.OpenFile(g.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has a copy
	command.Stdout, command.Stderr = log, log
	one, err := Start(command)
	if err == nil {
		g.all = append(g.all, one)
	}
	return err
}

// Stop ends them.
func (g *Group) Stop() error {
	failures := make([]error, len(g.all))
	var stopping sync.WaitGroup
	for i, one := range g.all {
		stopping.Go(func() { failures[i] = one.Stop() })
	}
	stopping.Wait()
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("%w\n%s", err, Tail(g.Log))
	}
	return nil
}

// Memory tells the resident memory of all, and in what proportion they share it
// with each other and themselves.
func (g *Group) Memory(set func(figure string, value float64)) error {
	figures := map[string]float64{}
	for _, one := range g.all {
		for figure, measure := range map[string]func() (float64, error){"rss": one.RSS, "pss": one.PSS} {
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
