;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A module whose fuel would be what it likes.
(module (global (export "wcm_meter_fuel") (mut i64) (i64.const 0x7fffffffffffffff)))
