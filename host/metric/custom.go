// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/limit"
)

// Custom holds the metrics that plugins define. Each is registered when it is
// first recorded, under the plugin's name: the counter "syncs_total" of the
// plugin hollow-kubelet is wcm_hollow_kubelet_syncs_total. Safe for concurrent use.
type Custom struct {
	registerer prometheus.Registerer

	mu      sync.Mutex
	plugins map[string]*Own // by name; guarded by mu
}

// NewCustom returns a holder that registers with registerer.
func NewCustom(registerer prometheus.Registerer) *Custom {
	return &Custom{registerer: registerer, plugins: map[string]*Own{}}
}

// Plugin returns the metrics that the plugin with this name defines; the same
// ones, until they are deleted.
func (c *Custom) Plugin(name string) *Own {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, known := c.plugins[name]
	if !known {
		o = &Own{custom: c, plugin: name, families: map[string]*family{}}
		c.plugins[name] = o
	}
	return o
}

// Own is the metrics that one plugin defines. There are none before the first
// [Own.Limit].
type Own struct {
	custom *Custom
	plugin string

	mu       sync.Mutex
	families map[string]*family // by name; guarded by mu
	series   int                // of all families; guarded by mu
	most     int                // series; guarded by mu
	deleted  bool               // guarded by mu
}

// family is one metric with its series.
type family struct {
	collector prometheus.Collector
	kind      abi.MetricKind
	labels    []string // names, sorted
	cost      int      // what one of its series counts
	vector    func(values []string) func(float64)
	series    map[string]func(float64) // by the values of the labels
}

// Limit sets how many series all metrics of the plugin together can have, as
// Prometheus counts them: a histogram has one for each bucket. Series that are
// there stay.
func (o *Own) Limit(series int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.most = series
}

// Record changes one series. The error says what is wrong with the metric: a
// name or label that Prometheus does not take or that is too long, labels or a
// kind that differ from the first record's, a counter that should go down. It
// is a [limit.ErrExceeded] if the series would be one too many.
func (o *Own) Record(m *abi.Metric) error {
	if err := checkMetric(m); err != nil {
		return err
	}
	names, values, err := splitLabels(m)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	record, err := o.seriesLocked(m, names, values)
	if err != nil {
		return fmt.Errorf("metric %s: %w", m.Name, err)
	}
	record(m.Value)
	return nil
}

func (o *Own) seriesLocked(m *abi.Metric, names, values []string) (func(float64), error) {
	f, known := o.families[m.Name]
	switch {
	case !known:
		var err error
		if f, err = newFamily(o.fullName(m.Name), o.plugin, m.Kind, names); err != nil {
			return nil, err
		}
	case !f.fits(m.Kind, names):
		return nil, fmt.Errorf("was recorded with another kind or other labels before: %v", f.labels)
	}
	key := strings.Join(values, "\xff") // which is in no valid text
	if record, known := f.series[key]; known {
		return record, nil
	}
	if o.deleted {
		return nil, errors.New("the plugin was removed")
	}
	if o.series+f.cost > o.most {
		return nil, fmt.Errorf("%w: the plugin's metrics have %d series, of %d", limit.ErrExceeded, o.series, o.most)
	}
	if !known { // only now, so that what is refused leaves nothing behind
		if err := o.custom.registerer.Register(f.collector); err != nil {
			return nil, err
		}
		o.families[m.Name] = f
	}
	record := f.vector(values)
	f.series[key] = record
	o.series += f.cost
	return record, nil
}

func (o *Own) fullName(name string) string {
	return "wcm_" + strings.NewReplacer("-", "_", ".", "_").Replace(o.plugin) + "_" + name
}

// Delete takes the metrics away for good: who asks for the plugin's metrics
// gets others from then on.
func (o *Own) Delete() {
	o.custom.mu.Lock()
	if o.custom.plugins[o.plugin] == o {
		delete(o.custom.plugins, o.plugin)
	}
	o.custom.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range o.families {
		o.custom.registerer.Unregister(f.collector)
	}
	o.families, o.deleted = nil, true
}
