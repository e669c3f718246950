fn main() {
    use vitrine_evaluation::metrics::meteor::*;
    let folder = std::env::args().nth(1).unwrap();
    let meteor = Meteor::new(Package::read(std::path::Path::new(&folder)).unwrap());
    let text = std::io::read_to_string(std::io::stdin()).unwrap();
    let cases: Vec<(&str, Vec<&str>)> = text.lines().map(|l| { let mut p = l.split(" ||| "); (p.next().unwrap(), p.collect()) }).collect();
    for c in meteor.counts(&cases).unwrap() {
        println!("{} {} {:?} {:?} {:?} {:?}", c.score(), c.chunks, c.candidate.matched_content, c.candidate.matched_function, c.reference.matched_content, c.reference.matched_function);
    }
}
