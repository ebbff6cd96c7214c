    ($name:ident $args:tt $function:ident($out:ident: $($ordering:ident),*)) => {
        &[$(
            call!(method $name $args $ordering $out),
            call!(pointer $function $args $ordering $out),
        )*]
    };
