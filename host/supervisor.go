// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"sync"
	"time"

	"github.com/wasm-controller-manager/wcm/host/control"
	"github.com/wasm-controller-manager/wcm/host/health"
)

// supervisor tells package health of the calls of one version, and lets its
// controllers make calls or not, as that decides. What more follows from a step
// is told to a function. It is safe for concurrent use, and starts no goroutine
// but that of its timer.
type supervisor struct {
	// tell is called with every step after the controller has been paused or
	// admitted, and with the last trap that led to it. It must neither block
	// nor call the supervisor.
	tell func(step health.Step, trap error)

	mu     sync.Mutex
	judge  *health.Judge
	charge []charge    // by controller
	alarm  time.Time   // when timer goes off; zero: it does not
	timer  *time.Timer // nil before the first alarm
	closed bool
}

// charge is what a supervisor knows of a controller in its charge.
type charge struct {
	queue   admitter
	trap    error  // the last one
	because string // why it was in quarantine last
}

// admitter is the part of a control.Controller that a supervisor needs.
type admitter interface{ Admit(keys int) }

func newSupervisor(policy health.Policy, controllers int, predecessor bool, tell func(health.Step, error)) *supervisor {
	return &supervisor{
		tell: tell, judge: health.New(time.Now(), policy, controllers, predecessor), charge: make([]charge, controllers),
	}
}

// lead gives the supervisor a controller to pause and admit. It is called
// before the version gets the controller's first key.
func (s *supervisor) lead(controller uint32, queue admitter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.charge[controller].queue = queue
}

// ended tells of a call that has ended, and of the error of one that trapped.
func (s *supervisor) ended(call health.Call, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if call.Trapped {
		s.charge[call.Controller].trap = err
	}
	s.doLocked(s.judge.Call(time.Now(), call))
	s.setAlarmLocked()
}

// advance is called by the timer.
func (s *supervisor) advance() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.alarm = time.Time{}
	for _, step := range s.judge.Advance(time.Now()) {
		s.doLocked(step)
	}
	s.setAlarmLocked()
}

func (s *supervisor) doLocked(step health.Step) {
	c := &s.charge[step.Controller]
	switch step.Action {
	case health.None:
		return
	case health.Quarantine, health.RollBack:
		c.because = step.Because
		c.queue.Admit(0)
	case health.Try:
		c.queue.Admit(1)
	case health.Release:
		c.queue.Admit(control.Unlimited)
	case health.Keep:
	}
	s.tell(step, c.trap)
}

func (s *supervisor) setAlarmLocked() {
	next := s.judge.Next()
	if next.IsZero() || next.Equal(s.alarm) {
		return
	}
	s.alarm = next
	if s.timer == nil {
		s.timer = time.AfterFunc(time.Until(next), s.advance)
		return
	}
	s.timer.Reset(time.Until(next))
}

// paused reports whether a controller must make no calls.
func (s *supervisor) paused(controller uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge.Paused(int(controller))
}

// quarantine is what keeps a controller from making calls.
type quarantine struct {
	controller int
	until      time.Time // in the past while the controller is being tried
	because    string
	trap       error
}

// quarantines returns those of the moment.
func (s *supervisor) quarantines() (all []quarantine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.charge {
		if until, yes := s.judge.Quarantined(i); yes {
			all = append(all, quarantine{i, until, s.charge[i].because, s.charge[i].trap})
		}
	}
	return all
}

// standing says what the calls so far say about going back to the version later.
func (s *supervisor) standing() (settled, suspect bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge.Settled(time.Now()), s.judge.Suspect()
}

// close ends the supervision: when it returns, nothing is paused, admitted or
// told any more.
func (s *supervisor) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
