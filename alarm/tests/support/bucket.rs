//! A bucket simulated minute by minute, as the provider keeps it: launch credits apart from earned ones, surplus apart
//! from both. It knows nothing of the judge's arithmetic.

use alarm::points::Points;

/// What the provider's documentation says of a machine, typed again here on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub vcpus: f64,
    pub earned_per_hour: f64,
    pub most_held: f64,
    pub unlimited: bool,
    pub accrues: bool,
}

#[derive(Clone, Debug)]
pub struct Simulated {
    pub shape: Shape,
    pub launch: f64,
    pub earned: f64,
    pub owed: f64,
    pub charged: f64,
    pub throttled: bool,
}

/// Within a minute, so that a limit is met to some seconds.
const STEPS: u32 = 12;

impl Simulated {
    pub fn full(shape: Shape) -> Self {
        Self { shape, launch: 0.0, earned: shape.most_held, owed: 0.0, charged: 0.0, throttled: false }
    }

    pub fn held(&self) -> f64 {
        self.launch + self.earned
    }

    /// One step at this wish for CPU; gives what was used.
    fn step(&mut self, cpu: f64) -> f64 {
        let earn = self.shape.earned_per_hour / 60.0 / f64::from(STEPS);
        let wish = self.shape.vcpus * cpu / f64::from(STEPS);
        if !self.shape.accrues {
            let over = (wish - earn).max(0.0);
            let paid = over.min(self.earned);
            self.throttled = paid < over;
            self.earned -= paid;
            return wish.min(earn) + paid;
        }
        let mut due = wish;
        for purse in [&mut self.launch, &mut self.earned] {
            let paid = due.min(*purse);
            *purse -= paid;
            due -= paid;
        }
        let from_income = due.min(earn);
        due -= from_income;
        let mut income = earn - from_income;
        let back = income.min(self.owed);
        self.owed -= back;
        income -= back;
        self.earned = (self.earned + income).min(self.shape.most_held);
        self.throttled = due > 1e-12 && !self.shape.unlimited;
        if self.throttled {
            return wish - due;
        }
        self.owed += due;
        let over = (self.owed - self.shape.most_held).max(0.0);
        self.owed -= over;
        self.charged += over;
        wish
    }

    pub fn minute(&mut self, cpu: f64) -> f64 {
        (0..STEPS).map(|_| self.step(cpu)).sum()
    }

    /// Throttled, or charged.
    pub fn ended(&self) -> bool {
        self.throttled || self.charged > 0.0
    }

    /// Minutes until it ends, if the load goes on from this minute.
    pub fn minutes_left(&self, load: &dyn Fn(usize) -> f64, from: usize, most: usize) -> Option<f64> {
        let mut twin = self.clone();
        for step in 0..most * STEPS as usize {
            twin.step(load(from + step / STEPS as usize));
            if twin.ended() {
                return Some(step as f64 / f64::from(STEPS));
            }
        }
        None
    }
}

/// What is published of it every five minutes.
#[derive(Clone, Debug, Default)]
pub struct Published {
    pub balance: Vec<f64>,
    pub usage: Vec<f64>,
    pub surplus: Vec<f64>,
    pub charged: Vec<f64>,
    /// Of the minute.
    pub cpu: Vec<f64>,
}

impl Published {
    pub fn minute(&mut self, minute: usize, bucket: &mut Simulated, cpu: f64) {
        let charged = bucket.charged;
        let used = bucket.minute(cpu);
        self.cpu.push(100.0 * used / bucket.shape.vcpus);
        if minute.is_multiple_of(5) {
            self.usage.push(0.0);
            self.charged.push(0.0);
        }
        *self.usage.last_mut().expect("a minute opened it") += used;
        *self.charged.last_mut().expect("a minute opened it") += bucket.charged - charged;
        if minute % 5 == 4 {
            self.balance.push(bucket.held());
            self.surplus.push(bucket.owed);
        }
    }

    pub fn five_minutes(values: &[f64], start: i64) -> Points {
        Points::new(start, 300, values.iter().copied())
    }
}
