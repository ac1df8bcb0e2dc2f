// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wasm-controller-manager/wcm/abi"
)

// function is one export of a guest.
type function struct {
	seconds prometheus.Observer
	fuel    prometheus.Counter
	traps   prometheus.Counter
}

// functions are the exports that a host calls; nothing else becomes a label.
var functions = [...]string{
	abi.ExportInitialize, abi.ExportDescribe, abi.ExportConfigure, abi.ExportReconcile, abi.ExportMap, abi.ExportGC,
}

// function returns the metrics of an export, nil if a host does not call it. Two
// callers that come first get the same.
func (p *Plugin) function(export string) *function {
	i := slices.Index(functions[:], export)
	if i < 0 {
		return nil
	}
	if known := p.functions[i].Load(); known != nil {
		return known
	}
	v := p.metrics
	f := &function{
		v.calls.WithLabelValues(p.name, export), v.fuel.WithLabelValues(p.name, export), v.traps.WithLabelValues(p.name, export),
	}
	p.functions[i].Store(f)
	return f
}

// success returns the counter of the host calls with StatusOK, as function does.
func (p *Plugin) success(op abi.Operation) prometheus.Counter {
	if known := p.succeeded[op].Load(); known != nil {
		return *known
	}
	c := p.hostCall(op, abi.StatusOK)
	p.succeeded[op].Store(&c)
	return c
}

func (p *Plugin) hostCall(op abi.Operation, s abi.Status) prometheus.Counter {
	return p.metrics.hostCalls.WithLabelValues(p.name, op.String(), s.String())
}

// GuestCall observes a call of an export of the guest, by its name, and the
// fuel that it spent.
func (p *Plugin) GuestCall(export string, d time.Duration, fuel uint64, trapped bool) {
	f := p.function(export)
	if f == nil {
		return
	}
	f.seconds.Observe(d.Seconds())
	f.fuel.Add(float64(fuel))
	if trapped {
		f.traps.Inc()
	}
}

// HostCall counts an operation that the guest asked for.
func (p *Plugin) HostCall(op abi.Operation, s abi.Status) {
	if int(op) < abi.Operations && s == abi.StatusOK {
		p.success(op).Inc()
		return
	}
	p.hostCall(op, s).Inc()
}
